"""Encodes what needs only the photo, while the song is still being composed.

Previews of all visitors come first. The rest only saves time later: `create_video` makes whatever
is missing, so failures here are only logged.
"""

import asyncio
from typing import Final

import structlog

from renderer import CardJob, CardText, LoopJob, LoopReport, RenderError, VideoReport
from server import words
from server.logs.log import short_id
from server.pipeline import preview_attempts
from server.services import Services
from server.storage import StorageUnavailable, Workspace
from server.submissions import transitions
from server.submissions.lifecycle import OPEN_STAGES, Stage
from server.submissions.model import Submission
from server.submissions.removal import remove_late

BEFORE_RENDERING: Final = OPEN_STAGES - {Stage.RENDERING}

logger = structlog.get_logger(__name__)


async def make_preview(services: Services, session_id: str) -> None:
    """Photo -> preview and poster, so that visitors see their own record turn.

    The sweep retries failures; `create_video` does not depend on the preview.
    """
    if not await preview_attempts.claim(session_id):
        return
    try:
        async with services.storage.workspace() as files:
            is_made = await _encode_loop(services, files, session_id, services.settings.main_format)
    except asyncio.CancelledError:
        # The worker is stopping; it enqueues the task again after this.
        await asyncio.shield(preview_attempts.release(session_id))
        raise
    if is_made:
        await transitions.show_preview(services, session_id)
        # A separate task, so that it runs after the previews of visitors who arrived meanwhile.
        await services.task_queue.enqueue("prepare_videos", session_id)
    await remove_late(services, session_id)


async def prepare_videos(services: Services, session_id: str) -> None:
    """Photo -> card, and the loops of the other formats; skipped once the song has arrived."""
    if not await Submission.exists(session_id=session_id, stage__in=BEFORE_RENDERING):
        return
    _, *others = services.settings.formats
    async with services.storage.workspace() as files:
        await draw_card(services, files, session_id)
        for video_format in others:
            await _encode_loop(services, files, session_id, video_format)
    await remove_late(services, session_id)


async def draw_card(services: Services, files: Workspace, session_id: str) -> None:
    """Draw the preview image for links to the song; failures are only logged."""
    submission = await Submission.get(session_id=session_id)
    job = CardJob(
        photo=files.photo(session_id),
        out=files.card(session_id),
        text=CardText(
            title=words.CARD_TITLE,
            pet_name=submission.pet_name,
            sender=words.CARD_SENDER,
            owner_name=submission.owner_name,
            unnamed_pet=words.CARD_UNNAMED_PET,
        ),
    )
    try:
        await files.fetch(job.photo)
        await services.renders.draw_card(job)
        await files.keep(job.out)
    except (RenderError, StorageUnavailable) as error:
        logger.warning("card_failed", session_id=short_id(session_id), reason=str(error))


def log_video(
    services: Services,
    event: str,
    session_id: str,
    video_format: str,
    report: LoopReport | VideoReport,
) -> None:
    """Log which encoder made a video; warn if it fell back since the worker started."""
    video = logger.bind(
        session_id=short_id(session_id), format=video_format, encoder=report.encoder
    )
    video.info(event, frames=report.frames, size_bytes=report.size_bytes)
    usual = services.renders.choice
    if report.fallback and (usual is None or report.fallback != usual.fallback):
        video.warning("encoder_fallback", reason=report.fallback)


async def _encode_loop(
    services: Services, files: Workspace, session_id: str, video_format: str
) -> bool:
    settings = services.settings
    is_main = video_format == settings.main_format
    job = LoopJob(
        photo=files.photo(session_id),
        loop=files.preview(session_id, video_format),
        poster=files.poster(session_id) if is_main else None,
        spec=settings.formats[video_format],
    )
    try:
        await files.fetch(job.photo)
        report = await services.renders.make_loop(job)
        await files.keep(*filter(None, (job.poster, job.loop)))
    except (RenderError, StorageUnavailable) as error:
        logger.warning(
            "loop_failed",
            session_id=short_id(session_id),
            format=video_format,
            reason=str(error),
        )
        return False
    log_video(services, "loop_encoded", session_id, video_format, report)
    return True
