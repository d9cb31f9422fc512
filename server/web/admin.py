"""`/api/admin`: for the operator, by basic authentication; not there without ADMIN_PASSWORD."""

import hmac

from pydantic import BaseModel
from quart import Blueprint, Response, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import NotFound, Unauthorized

from server.clock import now, to_wire
from server.limits import Rule
from server.settings import Settings
from server.submissions.account import read_account
from server.submissions.lifecycle import EntryStatus
from server.submissions.model import Submission
from server.web.context import current_services
from server.web.documentation import documented
from server.web.limiting import limited
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
    _require_operator(current_services().settings)
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


def _require_operator(settings: Settings) -> None:
    if settings.admin_password is None:
        raise NotFound
    given = request.authorization
    username, password = (given.username, given.password) if given else (None, None)
    is_username = _is_same(username, settings.admin_username)
    is_password = _is_same(password, settings.admin_password.get_secret_value())
    # `&` asks both, so that a right user name with a wrong password takes no longer.
    if not is_username & is_password:
        raise Unauthorized(
            "Please sign in.",
            www_authenticate=WWWAuthenticate("basic", {"realm": "petsong", "charset": "UTF-8"}),
        )


def _is_same(given: str | None, expected: str) -> bool:
    return hmac.compare_digest((given or "").encode(), expected.encode())


async def _count(status: EntryStatus) -> int:
    return await Submission.filter(entry_status=status).count()
