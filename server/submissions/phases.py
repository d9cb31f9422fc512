"""How long each phase of a submission took, from the timestamps in its row."""

from dataclasses import asdict, dataclass
from datetime import datetime

import structlog

from server.logs.log import short_id
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Phases:
    """Seconds per phase; null if it was never reached. The last phase lasts until the end.

    `queue_s` lasts until the order is accepted; `overhead_s` is everything except composing.
    """

    queue_s: float
    composing_s: float | None
    downloading_s: float | None
    rendering_s: float | None
    total_s: float
    overhead_s: float


def measure(row: Submission) -> Phases:
    end = row.stage_since
    begins = [row.created_at, row.sent_to_LLM, row.received_from_LLM, row.downloaded_at]
    ends = [*begins[1:], None]
    queue_s, composing_s, downloading_s, rendering_s = (
        _seconds(begin, over or end) for begin, over in zip(begins, ends, strict=True)
    )
    total_s = _seconds(row.created_at, end) or 0.0
    return Phases(
        queue_s=queue_s or 0.0,
        composing_s=composing_s,
        downloading_s=downloading_s,
        rendering_s=rendering_s,
        total_s=total_s,
        overhead_s=round(total_s - (composing_s or 0.0), 3),
    )


async def log_end(session_id: str) -> None:
    """Log how a submission ended and how long each phase took."""
    row = await Submission.get(session_id=session_id)
    facts = {"session_id": short_id(session_id), **asdict(measure(row))}
    if row.stage == Stage.FAILED:
        logger.error("submission_failed", reason=row.failure_reason, **facts)
    else:
        logger.info("submission_ready", encoder=row.video_encoder, **facts)


def _seconds(begin: datetime | None, end: datetime) -> float | None:
    # Clocks of hosts differ slightly; durations must not be negative.
    return None if begin is None else max(0.0, round((end - begin).total_seconds(), 3))
