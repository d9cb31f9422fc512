"""`/api/admin`: for the operator, by basic authentication; not there without ADMIN_PASSWORD."""

from pydantic import BaseModel
from quart import Blueprint, Response

from server.clock import now, to_wire
from server.limits import Rule
from server.log import short_id
from server.submissions.account import read_account
from server.submissions.lifecycle import EntryStatus
from server.submissions.model import Submission
from server.submissions.poison import read_poison_rows
from server.web.context import current_services
from server.web.documentation import documented, for_the_operator
from server.web.limiting import limited
from server.web.operator import require_operator
from server.web.replies import ErrorReply, reply

admin = Blueprint("admin", __name__, url_prefix="/api/admin")


class PoisonSubmission(BaseModel):
    """A submission that was given up because its workers died of it, one after another."""

    submission: str
    stage: str
    failure_reason: str
    failed_at: str


class QueueStatus(BaseModel):
    """What is waited for and worked on; credits are null until they have been asked for.

    `poison_submissions` are the newest 20, by the first letters of their session_id.
    """

    pending_submissions: int
    processing_submissions: int
    active_celery_tasks: int
    sonauto_credits: int | None
    last_credits_check: str | None
    poison_submissions: list[PoisonSubmission]


@admin.get("/queue-status")
@documented({200: QueueStatus, **dict.fromkeys((401, 404, 429, 503), ErrorReply)})
@for_the_operator
@limited(Rule.ADMIN)
async def get_queue_status() -> Response:
    """Return how long the queue is, how many credits are left, and what keeps crashing."""
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
            poison_submissions=await _find_poison(),
        )
    )


async def _count(status: EntryStatus) -> int:
    return await Submission.filter(entry_status=status).count()


async def _find_poison() -> list[PoisonSubmission]:
    return [
        PoisonSubmission(
            submission=short_id(row.session_id),
            stage=row.stage.value,
            failure_reason=row.failure_reason,
            failed_at=to_wire(row.failed_at),
        )
        for row in await read_poison_rows(current_services().settings.max_retries)
    ]
