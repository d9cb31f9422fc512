"""How long it still takes, from how long it took the last visitors.

The song account's row keeps two running averages, so that a forecast costs one read by key even
with thousands asking.
"""

from dataclasses import dataclass
from typing import Final

from server.submissions.lifecycle import SLOT_STAGES, Stage
from server.submissions.model import SongAccount, Submission

WEIGHT_OF_NEWEST: Final = 0.2
SPREAD: Final = (0.7, 1.6)
"""The range that is promised, in multiples of the average."""


@dataclass(frozen=True)
class Forecast:
    """Average seconds of composing a song and of finishing a video, and the slots there are."""

    composing_s: float
    finishing_s: float
    slots: int

    def remaining(self, stage: Stage, elapsed_s: float, position: int | None) -> tuple[int, int]:
        """Return [low, high] seconds left for a submission `elapsed_s` into `stage`.

        `position` is its place in the queue, 1 for the next; each full round of `slots` songs
        ahead of it costs one composing time.
        """
        if stage is Stage.QUEUED:
            rounds = ((position or 1) - 1) // self.slots
            left_s = (rounds + 1) * self.composing_s + self.finishing_s
        elif stage in SLOT_STAGES:
            left_s = max(self.composing_s - elapsed_s, 0.1 * self.composing_s) + self.finishing_s
        else:
            left_s = max(self.finishing_s - elapsed_s, 1.0)
        low, high = SPREAD
        return (round(left_s * low), max(1, round(left_s * high)))


async def read_forecast(slots: int) -> Forecast | None:
    """Return the present forecast, or None before the first video is finished."""
    account = await SongAccount.get_or_none(id=1)
    if account is None or account.composing_s is None or account.finishing_s is None:
        return None
    return Forecast(account.composing_s, account.finishing_s, slots)


async def learn(finished: Submission) -> None:
    """Let the durations of a finished submission weigh in on the averages."""
    if not (finished.sent_to_LLM and finished.received_from_LLM and finished.video_creation_end):
        return
    composing_s = (finished.received_from_LLM - finished.sent_to_LLM).total_seconds()
    finishing_s = (finished.video_creation_end - finished.received_from_LLM).total_seconds()
    before = await read_forecast(1)
    if before is not None:
        composing_s = _blend(before.composing_s, composing_s)
        finishing_s = _blend(before.finishing_s, finishing_s)
    await SongAccount.filter(id=1).update(composing_s=composing_s, finishing_s=finishing_s)


def _blend(average: float, newest: float) -> float:
    return (1 - WEIGHT_OF_NEWEST) * average + WEIGHT_OF_NEWEST * newest
