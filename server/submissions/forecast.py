"""Estimates the remaining time from the last finished songs, and measures how accurate that was.

Everything is read from the timestamps of finished rows, so no process needs counters. Each process
caches the forecast for a few seconds, because thousands ask for it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median, quantiles
from typing import Final

from server.submissions.lifecycle import Stage
from server.submissions.model import Submission
from server.submissions.ttl_cache import TtlCache

LAST_SONGS: Final = 50
FEWEST_SONGS: Final = 5
"""With fewer finished songs there is no forecast."""
LIFETIME_S: Final = 5.0


@dataclass(frozen=True)
class Song:
    """When a finished song was ordered, composed, and its video ready."""

    ordered: datetime
    composed: datetime
    ready: datetime


@dataclass(frozen=True)
class Span:
    """Seconds: 80 % of songs took between `low` and `high`; `middle` is the median."""

    low: float
    middle: float
    high: float

    def after(self, elapsed_s: float) -> "Span":
        """The remaining time; a song that takes longer than most is always about to finish."""
        low, middle, high = (
            max(seconds - elapsed_s, 0.0) for seconds in (self.low, self.middle, self.high)
        )
        return Span(low, middle, max(high, 0.1 * self.middle))


@dataclass(frozen=True)
class Forecast:
    """How long composing takes, and how long it then takes until the video is ready."""

    composing: Span
    finishing: Span

    def remaining(
        self, stage: Stage, elapsed_s: float, position: int | None, slots: int
    ) -> tuple[int, int]:
        """Return [low, high] seconds left; composing or finishing began `elapsed_s` ago.

        `position` is its place in the queue, 1 for the next. Before it come whole rounds of `slots`
        songs; of the current round anything between nothing and all may be left.
        """
        rounds_s = 0.0
        round_under_way_s = 0.0
        composing = self.composing
        finishing = self.finishing
        if stage is Stage.QUEUED:
            rounds_s = ((position or 1) - 1) // slots * composing.middle
            round_under_way_s = composing.middle
        elif stage is Stage.COMPOSING:
            composing = composing.after(elapsed_s)
        elif stage is not Stage.SENDING:
            composing = Span(0.0, 0.0, 0.0)
            finishing = finishing.after(elapsed_s)
        low = rounds_s + composing.low + finishing.low
        high = rounds_s + round_under_way_s + composing.high + finishing.high
        return (math.floor(low), max(1, math.ceil(high)))


@dataclass(frozen=True)
class Accuracy:
    """How accurate forecasts made at the time of the order would have been.

    `within_range` is the share of songs that were ready within the range. `median_error_s` is the
    median distance to the middle of the range, in seconds.
    """

    within_range: float
    median_error_s: float


def make_forecast(songs: Sequence[Song]) -> Forecast | None:
    """Return the forecast for the next song, or None with too few `songs`."""
    if len(songs) < FEWEST_SONGS:
        return None
    return Forecast(
        composing=_span([(song.composed - song.ordered).total_seconds() for song in songs]),
        finishing=_span([(song.ready - song.composed).total_seconds() for song in songs]),
    )


def judge(songs: Sequence[Song]) -> Accuracy | None:
    """Compare each of `songs` (newest first) with the forecast at the time of its order.

    Each forecast is computed from the songs that were ready by then. None if that was never
    possible.
    """
    hits: list[bool] = []
    errors_s: list[float] = []
    for song in songs[:LAST_SONGS]:
        known = [earlier for earlier in songs if earlier.ready <= song.ordered]
        forecast = make_forecast(known[:LAST_SONGS])
        if forecast is None:
            continue
        low, high = forecast.remaining(Stage.SENDING, 0.0, None, 1)
        took_s = (song.ready - song.ordered).total_seconds()
        hits.append(low <= took_s <= high)
        errors_s.append(abs(took_s - forecast.composing.middle - forecast.finishing.middle))
    if not hits:
        return None
    return Accuracy(within_range=sum(hits) / len(hits), median_error_s=median(errors_s))


async def read_forecast() -> Forecast | None:
    """The current forecast, at most 5 s old; None with too few finished songs."""
    return await _cache.get()


async def read_accuracy() -> Accuracy | None:
    """The accuracy of the forecasts for the last songs; None if it is unknown."""
    return judge(await _read_songs(2 * LAST_SONGS))


async def _read_songs(count: int) -> list[Song]:
    finished = Submission.filter(
        stage=Stage.READY,
        sent_to_LLM__isnull=False,
        received_from_LLM__isnull=False,
        video_creation_end__isnull=False,
    )
    rows = finished.order_by("-created_at").limit(count)
    return [
        Song(*times)
        for times in await rows.values_list(
            "sent_to_LLM", "received_from_LLM", "video_creation_end"
        )
    ]


async def _read_forecast() -> Forecast | None:
    return make_forecast(await _read_songs(LAST_SONGS))


_cache: Final = TtlCache(_read_forecast, LIFETIME_S)


def _span(durations_s: Sequence[float]) -> Span:
    deciles = quantiles(durations_s, n=10, method="inclusive")
    return Span(low=deciles[0], middle=median(durations_s), high=deciles[-1])
