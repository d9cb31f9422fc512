"""Downloads the song's file, checks it and stores it.

Errors that may pass (a host that is away or does not have the file yet) are retried without
counting as attempts. Invalid audio is final: a second download would bring the same bytes.
"""

from datetime import timedelta
from typing import Final

import structlog

from renderer import RenderError
from server.clock import now
from server.errors import SongHostAway, SongUnusable
from server.logs.log import short_id
from server.pipeline.leases import OUR_TROUBLE, Lease, hold, is_held
from server.pipeline.retries import READY_WITHIN, is_poison, patience, retry_or_fail, wait
from server.process.failpoints import failpoint
from server.services import Services
from server.storage import Workspace, partial
from server.submissions import transitions
from server.submissions.lifecycle import FailureReason, Stage
from server.submissions.model import Submission

MANY_DEATHS: Final = 30
"""The limit is high because decoding runs in a child process, which rarely takes the worker down,
and because the song is paid for."""
DELETED_AFTER: Final = timedelta(hours=168)
"""The song service deletes songs after this time."""
SOONEST_S: Final = 2.0
LATEST_S: Final = 60.0
"""Shortest and longest wait before the next download attempt."""

logger = structlog.get_logger(__name__)


async def download_audio(services: Services, session_id: str) -> None:
    """Song URL -> checked MP3 at `audio/{id}.mp3`."""
    async with hold(session_id, Stage.DOWNLOADING, services.settings.lease_seconds) as lease:
        reason = FailureReason.DOWNLOAD_FAILED
        if lease is None or await is_poison(services, lease, reason, MANY_DEATHS):
            return
        try:
            async with services.storage.workspace() as files:
                await _download(services, lease, files)
        except OUR_TROUBLE:
            raise
        except SongUnusable as error:
            await _wait_or_fail(services, lease, error)
        except RenderError as error:
            # A second download would bring the same bytes.
            await retry_or_fail(services, lease, reason, str(error), is_final=not error.can_retry)


async def _wait_or_fail(services: Services, lease: Lease, error: SongUnusable) -> None:
    """Wait for the song's host, which may recover: the song is paid for. Then retry or fail."""
    submission = await Submission.get(session_id=lease.session_id)
    waited = now() - (submission.received_from_LLM or now())
    limit = patience(services) if isinstance(error, SongHostAway) else READY_WITHIN
    if error.is_final or waited > limit:
        is_final = error.is_final or waited > DELETED_AFTER
        reason = FailureReason.DOWNLOAD_FAILED
        await retry_or_fail(services, lease, reason, str(error), is_final=is_final)
        return
    logger.warning("song_awaited", session_id=short_id(lease.session_id), reason=str(error))
    # Most hosts are ready within seconds, so the wait grows with the time waited so far.
    await wait(lease, min(max(waited.total_seconds(), SOONEST_S), LATEST_S))


async def _download(services: Services, lease: Lease, files: Workspace) -> None:
    submission = await Submission.get(session_id=lease.session_id)
    song = files.song(lease.session_id)
    draft = partial(song, lease.fence)
    try:
        await services.songs.download(submission.LLM_response or "", draft)
        await services.renders.check_song(draft)
        failpoint("after_download")
        if await is_held(lease):
            await files.publish(draft, song)
            failpoint("after_song_rename")
            await transitions.start_rendering(services, lease.session_id, fence=lease.fence)
    finally:
        draft.unlink(missing_ok=True)
