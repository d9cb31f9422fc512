"""Removes the files and names of an ended submission: on request or after its retention.

Files are deleted first and the row is marked after, so an interrupted removal can be repeated.
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
    """Delete the files of an ended submission and its personal data in the row.

    Raises StorageUnavailable; then the row is unchanged.
    """
    await services.storage.delete(session_id, with_drafts=with_drafts)
    await _forget(session_id)


async def remove_late(services: Services, session_id: str) -> None:
    """Delete files that a running step wrote after the removal; raises as `remove`."""
    if await Submission.exists(session_id=session_id, expired_at__isnull=False):
        await services.storage.delete(session_id)
        logger.info("late_files_removed", session_id=short_id(session_id))


def is_made_by(submission: Submission, cookie_id: str) -> bool:
    """Return whether a submission came from the browser with this `cookie_id`."""
    secret, shown = (
        text.encode(errors="surrogatepass") for text in (submission.cookie_id or "", cookie_id)
    )
    return bool(secret) and hmac.compare_digest(secret, shown)


def has_ended(submission: Submission) -> bool:
    return submission.stage not in OPEN_STAGES


async def _forget(session_id: str) -> None:
    # The stage is unchanged: an expired submission still succeeded or failed.
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
