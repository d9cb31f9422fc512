"""Durations and outcomes of the last songs, for operators."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from statistics import median
from typing import Final

from tortoise.functions import Count

from server.clock import now
from server.submissions.lifecycle import OPEN_STAGES, Stage
from server.submissions.model import Submission
from server.submissions.phases import measure

LAST_SONGS: Final = 50
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Spread:
    """Seconds: the median and the 90th percentile."""

    median_s: float
    most_s: float


@dataclass(frozen=True)
class Statistics:
    """Counts of all rows, and spreads of the last 50 finished songs by phase.

    `outcomes` counts everything that ended, `failures_last_hour` only the last hour, both by
    reason.
    """

    stages: Mapping[str, int]
    outcomes: Mapping[str, int]
    failures_last_hour: Mapping[str, int]
    ready_last_hour: int
    oldest_queued_s: float
    phases: Mapping[str, Spread]
    render_phases: Mapping[str, Spread]


async def read_statistics() -> Statistics:
    """Read current statistics from the database."""
    moment = now()
    ended = Submission.exclude(stage__in=OPEN_STAGES)
    stages = (
        await Submission.annotate(rows=Count("session_id"))
        .group_by("stage")
        .values_list("stage", "rows")
    )
    outcomes = await _count_outcomes()
    latest = ended.filter(stage_since__gt=moment - HOUR)
    recent = await latest.values_list("stage", "failure_reason")
    oldest = await Submission.filter(stage=Stage.QUEUED).order_by("created_at").first()
    songs = Submission.filter(stage=Stage.READY).order_by("-created_at").limit(LAST_SONGS)
    finished = await songs
    return Statistics(
        stages={stage.value: dict(stages).get(stage.value, 0) for stage in Stage},
        outcomes=outcomes,
        failures_last_hour=_count(reason or "" for stage, reason in recent if stage == "failed"),
        ready_last_hour=sum(stage == Stage.READY for stage, _ in recent),
        oldest_queued_s=(moment - oldest.created_at).total_seconds() if oldest else 0.0,
        phases=_spread(
            {name.removesuffix("_s"): seconds for name, seconds in asdict(measure(row)).items()}
            for row in finished
        ),
        render_phases=_spread(json.loads(row.video_timings or "{}") for row in finished),
    )


async def _count_outcomes() -> dict[str, int]:
    ended = Submission.exclude(stage__in=OPEN_STAGES).annotate(rows=Count("session_id"))
    rows = await ended.group_by("stage", "failure_reason").values_list(
        "stage", "failure_reason", "rows"
    )
    return {reason or stage: count for stage, reason, count in rows}


def _count(reasons: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for reason in reasons:
        counts[reason] = counts.get(reason, 0) + 1
    return counts


def _spread(rows: Iterable[Mapping[str, float | None]]) -> dict[str, Spread]:
    by_phase: dict[str, list[float]] = {}
    for row in rows:
        for phase, seconds in row.items():
            if seconds is not None:
                by_phase.setdefault(phase, []).append(seconds)
    return {phase: spread(seconds) for phase, seconds in by_phase.items()}


def spread(durations_s: Iterable[float]) -> Spread:
    """Compute the spread of at least one duration."""
    ordered = sorted(durations_s)
    return Spread(median(ordered), ordered[min(len(ordered) - 1, len(ordered) * 9 // 10)])
