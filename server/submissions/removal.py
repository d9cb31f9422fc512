"""What is left of an ended submission is removed: when its time is over, or when its maker says so.

Files go first and the row is marked after, so that an interrupted removal is simply done again.
"""

import hmac

import structlog
from tortoise.expressions import F

from server.clock import now
from server.logs.log import short_id
from server.services import Services
from server.submissions.lifecycle import OPEN_STAGES
from server.submissions.model import Submission

logger = structlog.get_logger(__name__)


async def remove(services: Services, session_id: str, *, with_drafts: bool = True) -> None:
    """Delete the files of an ended submission and forget what it tells of people.

    Raises StorageUnavailable; then the row is as it was.
    """
    await services.storage.delete(session_id, with_drafts=with_drafts)
    await _forget(session_id)


async def remove_late(services: Services, session_id: str) -> None:
    """Delete what a step has left after the removal it did not hear of; raises as `remove`."""
    if await Submission.exists(session_id=session_id, expired_at__isnull=False):
        await services.storage.delete(session_id)
        logger.info("late_files_removed", session_id=short_id(session_id))


def is_made_by(submission: Submission, cookie_id: str) -> bool:
    """Say whether a submission came from the browser whose secret is `cookie_id`."""
    secret, shown = (
        text.encode(errors="surrogatepass") for text in (submission.cookie_id or "", cookie_id)
    )
    return bool(secret) and hmac.compare_digest(secret, shown)


def has_ended(submission: Submission) -> bool:
    """Say whether nothing works on a submission any more, so that it can be removed."""
    return submission.stage not in OPEN_STAGES


async def _forget(session_id: str) -> None:
    # The stage stays as it is: what is expired has still succeeded or failed.
    await Submission.filter(session_id=session_id, expired_at=None).update(
        expired_at=now(),
        version=F("version") + 1,
        owner_name="",
        pet_name="",
        photo_path="",
        lyrics=None,
        failure_message=None,
        LLM_response=None,
        LLM_full_response=None,
        generated_song_path=None,
        generated_video_path=None,
        preview_path=None,
    )
