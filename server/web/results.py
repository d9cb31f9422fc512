"""`/api/results/{session_id}`: the finished song, or in which of the other cases it is not there.

404 unknown, 202 still being made, 400 failed, 410 its files have been cleaned away, 200 finished.
"""

from typing import Final, Literal

from pydantic import BaseModel
from quart import Blueprint, Response

from server.clock import to_wire
from server.ids import is_session_id
from server.limits import Rule
from server.submissions.lifecycle import EntryStatus
from server.submissions.model import Submission
from server.web.documentation import documented
from server.web.limiting import limited
from server.web.replies import ErrorReply, reply, session_not_found

RETRY_AFTER_S: Final = 10

results = Blueprint("results", __name__, url_prefix="/api/results")


class SongResult(BaseModel):
    """A finished song."""

    success: Literal[True] = True
    session_id: str
    status: Literal["success"] = "success"
    video_url: str
    lyrics: str
    owner_name: str
    pet_name: str
    created_at: str


class UnfinishedResult(BaseModel):
    """A song that is not finished yet, or never will be."""

    success: Literal[False] = False
    status: Literal["pending", "processing", "fail"]
    message: str


@results.get("/<session_id>")
@documented(
    {
        200: SongResult,
        202: UnfinishedResult,
        400: UnfinishedResult,
        404: ErrorReply,
        410: ErrorReply,
        429: ErrorReply,
    }
)
@limited(Rule.RESULTS)
async def get_result(session_id: str) -> Response:
    """Return the video's address, the lyrics and the names of a finished song."""
    if not is_session_id(session_id):
        return session_not_found()
    submission = await Submission.get_or_none(session_id=session_id)
    if submission is None:
        return session_not_found()
    if submission.expired_at is not None:
        return reply(ErrorReply(error="expired", message="This song is no longer available."), 410)
    match EntryStatus(submission.entry_status):
        case EntryStatus.SUCCESS:
            return reply(_song_result(submission))
        case EntryStatus.FAIL:
            message = "Video generation failed. Please try again."
            return reply(UnfinishedResult(status="fail", message=message), 400)
        case EntryStatus.PENDING:
            return _not_yet("pending")
        case EntryStatus.PROCESSING:
            return _not_yet("processing")


def _song_result(submission: Submission) -> SongResult:
    return SongResult(
        session_id=submission.session_id,
        video_url=f"/storage/video/{submission.session_id}.mp4",
        lyrics=submission.lyrics or "",
        owner_name=submission.owner_name,
        pet_name=submission.pet_name,
        created_at=to_wire(submission.created_at),
    )


def _not_yet(status: Literal["pending", "processing"]) -> Response:
    body = UnfinishedResult(status=status, message="This song is still being made.")
    return reply(body, 202, {"Retry-After": str(RETRY_AFTER_S)})
