"""Poison submissions: they failed because they killed one worker after another.

Attempts are counted when they start. A failed row with more attempts than allowed was failed
without another try, because its last attempts never finished.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from server.submissions.lifecycle import Stage
from server.submissions.model import Submission

MOST: Final = 20


@dataclass(frozen=True)
class PoisonRow:
    """A submission that killed its workers: in which stage, and when it failed."""

    session_id: str
    stage: Stage
    failure_reason: str
    failed_at: datetime


async def read_poison_rows(max_retries: int) -> list[PoisonRow]:
    """The newest 20 submissions that failed after `max_retries` crashes."""
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
    # Inferred from what each stage stores, because the stage itself is now `failed`.
    if row.generated_song_path:
        return Stage.RENDERING
    if row.received_from_LLM:
        return Stage.DOWNLOADING
    return Stage.COMPOSING if row.LLM_task_id else Stage.SENDING
