"""`/api/admin`: for the operator, by basic authentication; not there without ADMIN_PASSWORD."""

from pydantic import BaseModel
from quart import Blueprint, Response

from server.clock import now, to_wire
from server.limits import Rule
from server.submissions.account import read_account
from server.submissions.lifecycle import EntryStatus
from server.submissions.model import Submission
from server.web.documentation import documented
from server.web.limiting import limited
from server.web.operator import require_operator
from server.web.replies import ErrorReply, reply

admin = Blueprint("admin", __name__, url_prefix="/api/admin")


class QueueStatus(BaseModel):
    """What is waited for and worked on; credits are null until they have been asked for."""

    pending_submissions: int
    processing_submissions: int
    active_celery_tasks: int
    sonauto_credits: int | None
    last_credits_check: str | None


@admin.get("/queue-status")
@documented({200: QueueStatus, 401: ErrorReply, 404: ErrorReply, 429: ErrorReply})
@limited(Rule.ADMIN)
async def get_queue_status() -> Response:
    """Return how long the queue is and how many credits are left."""
    require_operator()
    account = await read_account()
    checked_at = account.credits_checked_at
    return reply(
        QueueStatus(
            pending_submissions=await _count(EntryStatus.PENDING),
            processing_submissions=await _count(EntryStatus.PROCESSING),
            active_celery_tasks=await Submission.filter(lease_until__gt=now()).count(),
            sonauto_credits=account.credits,
            last_credits_check=to_wire(checked_at) if checked_at else None,
        )
    )


async def _count(status: EntryStatus) -> int:
    return await Submission.filter(entry_status=status).count()
