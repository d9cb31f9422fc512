"""`/api/submissions`: create a submission, read its progress, delete it."""

from typing import Final, Literal

from pydantic import BaseModel
from quart import Blueprint, Response, request
from werkzeug.exceptions import Conflict, Forbidden

from server import words
from server.clock import to_wire
from server.ids import is_session_id
from server.limits import Rule
from server.submissions.form import SubmissionForm, read_form, read_idempotency_key
from server.submissions.intake import accept
from server.submissions.model import Submission
from server.submissions.removal import has_ended, is_made_by, remove
from server.submissions.snapshot import load_snapshot
from server.web.bodies import takes_body
from server.web.context import current_services
from server.web.limiting import limited, unlimited
from server.web.replies import ErrorReply, IfGiven, reply, session_not_found
from server.web.requests import read_json_object, refuse_foreign_origin
from server.web.routes.documentation import documented

MAX_FORM_BYTES: Final = 7_000_000
"""A photo of 5 MB is 6.99 million characters in base64."""
MAX_REMOVAL_BYTES: Final = 4096

UNLIMITED: Final = "Every waiting page polls every ten seconds, and a school shares one address."

submissions = Blueprint("submissions", __name__, url_prefix="/api/submissions")


class SubmissionReceipt(BaseModel):
    """An accepted submission; `cookie_id` is set only if it was issued just now."""

    success: Literal[True] = True
    session_id: str
    cookie_id: IfGiven[str] = None
    message: Literal["Submission received successfully"] = "Submission received successfully"


class RemovalRequest(BaseModel):
    """A request to delete a submission: the secret of the browser that created it."""

    cookie_id: str


class RemovalReceipt(BaseModel):
    """The files, names and lyrics of a submission were deleted."""

    success: Literal[True] = True
    message: Literal["The song was deleted."] = "The song was deleted."


class SubmissionStatus(BaseModel):
    """The status of a submission, in the spec's three fields."""

    session_id: str
    status: str
    created_at: str


class SubmissionSnapshot(BaseModel):
    """Everything a waiting page shows; the same object is pushed to it."""

    session_id: str
    version: int
    status: str
    stage: str
    progress: float
    queue_position: int | None
    eta_seconds: tuple[int, int] | None
    preview_url: str | None
    poster_url: str | None
    failure_reason: str | None
    created_at: str


@submissions.post("")
@documented(
    {200: SubmissionReceipt, **dict.fromkeys((400, 403, 408, 413, 415, 422, 429, 503), ErrorReply)},
    takes=SubmissionForm,
)
@takes_body(MAX_FORM_BYTES)
@limited(Rule.SUBMISSIONS)
async def create_submission() -> Response:
    """Create a submission.

    With an Idempotency-Key header (1 to 64 of A-Z a-z 0-9 _ -) a repeated request counts once. The
    same key with another form, or from another browser, is answered 422. A cookie_id is disclosed
    only once, so a client that may lose a response should choose its own.
    """
    refuse_foreign_origin()
    form = read_form(await read_json_object())
    idempotency_key = read_idempotency_key(request.headers.get("Idempotency-Key"))
    receipt = await accept(current_services(), form, idempotency_key)
    return reply(SubmissionReceipt(session_id=receipt.session_id, cookie_id=receipt.cookie_id))


@submissions.get("/<session_id>")
@documented({200: SubmissionSnapshot, 404: ErrorReply, 503: ErrorReply})
@unlimited(UNLIMITED)
async def get_submission(session_id: str) -> Response:
    """Return the current state of a submission."""
    if not is_session_id(session_id):
        return session_not_found()
    snapshot = await load_snapshot(current_services(), session_id)
    if snapshot is None:
        return session_not_found()
    return reply(SubmissionSnapshot(**snapshot))


@submissions.get("/<session_id>/status")
@documented({200: SubmissionStatus, 404: ErrorReply, 503: ErrorReply})
@unlimited(UNLIMITED)
async def get_status(session_id: str) -> Response:
    """Return whether a submission is pending, processing, success or fail."""
    if not is_session_id(session_id):
        return session_not_found()
    # The most frequent request: it reads two columns and creates no model.
    columns = Submission.filter(session_id=session_id).values_list("entry_status", "created_at")
    for status, created_at in await columns:
        body = SubmissionStatus(
            session_id=session_id, status=status, created_at=to_wire(created_at)
        )
        return reply(body)
    return session_not_found()


@submissions.delete("/<session_id>")
@documented(
    {
        200: RemovalReceipt,
        **dict.fromkeys((400, 403, 404, 408, 409, 413, 415, 429, 503), ErrorReply),
    },
    takes=RemovalRequest,
)
@takes_body(MAX_REMOVAL_BYTES)
@limited(Rule.REMOVALS)
async def delete_submission(session_id: str) -> Response:
    """Delete an ended submission, for the browser that created it; repeating it succeeds too."""
    refuse_foreign_origin()
    cookie_id = (await read_json_object()).get("cookie_id")
    submission = None
    if is_session_id(session_id):
        submission = await Submission.get_or_none(session_id=session_id)
    if submission is None:
        return session_not_found()
    if not isinstance(cookie_id, str) or not is_made_by(submission, cookie_id):
        raise Forbidden(words.NOT_YOURS)
    if not has_ended(submission):
        raise Conflict(words.NOT_ENDED)
    if submission.expired_at is None:
        await remove(current_services(), session_id)
    return reply(RemovalReceipt())
