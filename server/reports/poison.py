"""Submissions that failed because one worker after another died of them.

An attempt is counted when it begins, so a failed row with more attempts than are allowed was given
up without trying: its last ones never came to an end of their own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from server.submissions.lifecycle import Stage
from server.submissions.model import Submission

MOST: Final = 20


@dataclass(frozen=True)
class PoisonRow:
    """A submission that took its workers down: at which stage, and when it was given up."""

    session_id: str
    stage: Stage
    failure_reason: str
    failed_at: datetime


async def read_poison_rows(max_retries: int) -> list[PoisonRow]:
    """Return the newest of those that were given up after `max_retries` crashes, 20 at the most."""
    rows = Submission.filter(stage=Stage.FAILED, attempts__gt=max_retries)
    return [
        PoisonRow(
            session_id=row.session_id,
            stage=_last_stage(row),
            failure_reason=row.failure_reason or "",
            failed_at=row.stage_since,
        )
        for row in await rows.order_by("-stage_since").limit(MOST)
    ]


def _last_stage(row: Submission) -> Stage:
    # What each stage leaves behind; the stage itself has become `failed`.
    if row.generated_song_path:
        return Stage.RENDERING
    if row.received_from_LLM:
        return Stage.DOWNLOADING
    return Stage.COMPOSING if row.LLM_task_id else Stage.SENDING
