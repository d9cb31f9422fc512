"""The content of `/metrics` as plain values: name, description, and a value per set of labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.clock import now
from server.process.open_files import measure_use
from server.reports.statistics import Spread, read_statistics, spread
from server.reports.workers import count_queues, read_living_workers
from server.services import Services
from server.storage import StorageUnavailable
from server.submissions.account import read_account
from server.submissions.forecast import read_accuracy

QUANTILES = {"0.5": "median_s", "0.9": "most_s"}


Values = Mapping[Any, float]
"""Values by label values, in the order of `Reading.labels`."""


@dataclass(frozen=True)
class Reading:
    """One gauge at one moment; it is left out if it has no values."""

    name: str
    meaning: str
    labels: tuple[str, ...] = ()
    values: Values = field(default_factory=dict)


def one(name: str, meaning: str, value: float | None) -> Reading:
    """A metric without labels; None leaves it out."""
    return Reading(name, meaning, values={} if value is None else {(): value})


async def read_site(services: Services) -> list[Reading]:
    """Metrics that are the same in every web process."""
    statistics = await read_statistics()
    account = await read_account()
    accuracy = await read_accuracy()
    settings = services.settings
    checked_at = account.credits_checked_at
    age_s = (now() - checked_at).total_seconds() if checked_at else None
    queues = count_queues(await read_living_workers())
    return [
        _by("petsong_submissions", "Submissions by stage.", "stage", statistics.stages),
        _by(
            "petsong_outcomes",
            "Ended submissions by outcome.",
            "outcome",
            statistics.outcomes,
        ),
        _by("petsong_workers", "Living workers by queue.", "queue", queues),
        one("petsong_oldest_queued_seconds", "Age of the oldest.", statistics.oldest_queued_s),
        _spreads("petsong_phase_seconds", "Phases of the last 50 songs.", statistics.phases),
        _spreads(
            "petsong_render_phase_seconds",
            "Renders of those songs.",
            statistics.render_phases,
        ),
        one("petsong_credits", "Last known balance.", account.credits),
        one("petsong_credits_minimum", "MIN_AVAILABLE_CREDITS.", settings.min_available_credits),
        one("petsong_song_credits", "SONG_CREDITS, what one song costs.", settings.song_credits),
        one(
            "petsong_song_service_unavailable_seconds",
            "Time since orders were stopped because the song service failed; 0 while it works.",
            (now() - account.unavailable_since).total_seconds() if account.unavailable_since else 0,
        ),
        one("petsong_credits_age_seconds", "Age of that balance.", age_s),
        one("petsong_disk_used_ratio", "Usage of the fullest disk.", await _read_disk(services)),
        one(
            "petsong_disk_warning_ratio",
            "From the settings.",
            settings.storage_warning_percent / 100,
        ),
        one("petsong_disk_stop_ratio", "From settings.", settings.storage_stop_percent / 100),
        one(
            "petsong_eta_within_range_ratio",
            "Share of the last songs that were ready within the forecast range.",
            accuracy.within_range if accuracy else None,
        ),
        one(
            "petsong_eta_error_median_seconds",
            "Median distance of the last songs from the middle of that range.",
            accuracy.median_error_s if accuracy else None,
        ),
    ]


def read_process(services: Services) -> list[Reading]:
    """Metrics of this web process."""
    process_metrics = services.process_metrics
    pushes = {"push": spread(process_metrics.pushes_s)} if process_metrics.pushes_s else {}
    return [
        one("petsong_sockets", "Open sockets of this process.", process_metrics.sockets),
        one(
            "petsong_event_loop_lag_seconds",
            "Worst in a minute.",
            process_metrics.worst_lag_s,
        ),
        one("petsong_open_files_ratio", "Usage of the limit for visitors.", measure_use() / 100),
        _spreads("petsong_push_seconds", "From publisher to sockets, last 1000 pushes.", pushes),
    ]


async def _read_disk(services: Services) -> float | None:
    try:
        used_percent = await services.storage.measure_use()
    except StorageUnavailable:
        return None
    return None if used_percent is None else used_percent / 100


def _by(name: str, meaning: str, label: str, values: Mapping[str, int]) -> Reading:
    return Reading(name, meaning, (label,), {(key,): count for key, count in values.items()})


def _spreads(name: str, meaning: str, spreads: Mapping[str, Spread]) -> Reading:
    values = {
        (phase, quantile): getattr(found, attribute)
        for phase, found in spreads.items()
        for quantile, attribute in QUANTILES.items()
    }
    return Reading(name, meaning, ("phase", "quantile"), values)
