"""Manual operations on one submission, within the same rules as everything else."""

from typing import Final

import structlog
from tortoise.expressions import Q

from server.clock import now
from server.logs.log import short_id
from server.services import Services
from server.submissions import transitions
from server.submissions.lifecycle import OPEN_STAGES, FailureReason, Stage
from server.submissions.model import Submission

REPEATABLE: Final = OPEN_STAGES - {Stage.SENDING}
"""Stages that can be retried at once. `sending` is excluded because an order whose answer is
unknown may have been paid for."""
SHORTEST: Final = 8

logger = structlog.get_logger(__name__)


async def find(short: str) -> Submission | None:
    """Find a submission by the start of its session_id; None if that is too short or not unique."""
    if len(short) < SHORTEST:
        return None
    rows = await Submission.filter(session_id__startswith=short).limit(2)
    return rows[0] if len(rows) == 1 else None


def can_retry(row: Submission) -> bool:
    """Return whether a submission can be retried: its stage allows it and no worker holds it."""
    is_free = row.lease_until is None or row.lease_until < now()
    return Stage(row.stage) in REPEATABLE and is_free


async def retry(services: Services, session_id: str) -> bool:
    """Retry the current step of a waiting submission; False if it cannot be retried."""
    moment = now()
    is_free = Q(lease_until=None) | Q(lease_until__lt=moment)
    rows = Submission.filter(is_free, session_id=session_id, stage__in=REPEATABLE)
    if not await rows.update(next_run_at=moment):
        return False
    row = await Submission.get(session_id=session_id)
    logger.info("retried_by_operator", session_id=short_id(session_id), stage=row.stage)
    if task := transitions.TASK_OF.get(Stage(row.stage)):
        await services.task_queue.enqueue(task, session_id)
    else:
        await services.task_queue.enqueue("process_pending_queue")
    return True


async def stop(services: Services, row: Submission) -> bool:
    """Fail an open submission; False if it has ended or moved on meanwhile."""
    stage = Stage(row.stage)
    if stage not in OPEN_STAGES:
        return False
    return await transitions.fail(services, row.session_id, FailureReason.STOPPED, leaving=stage)
