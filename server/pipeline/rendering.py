"""Renders the videos from photo, song and encoded loops, and completes the submission.

All files are in place before the row is `ready`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import structlog

from renderer import BadPhoto, RenderError, RenderJob, Video
from server.clock import now
from server.logs.log import short_id
from server.pipeline.leases import OUR_TROUBLE, Lease, hold, is_held
from server.pipeline.previewing import draw_card, log_video
from server.pipeline.retries import is_poison, retry_or_fail
from server.process.failpoints import failpoint
from server.services import Services
from server.storage import Workspace, attach_video, partial
from server.submissions import transitions
from server.submissions.lifecycle import FailureReason, Stage
from server.submissions.model import Submission

TEASER_S: Final = 15.0
TEASER: Final = "teaser"
"""Key of the video for links, where videos are keyed by format."""

logger = structlog.get_logger(__name__)


async def create_video(services: Services, session_id: str) -> None:
    """Photo, song and encoded loops -> one video per format and a teaser; ends at `ready`."""
    async with hold(session_id, Stage.RENDERING, services.settings.lease_seconds) as lease:
        reason = FailureReason.RENDER_FAILED
        if lease is None or await is_poison(services, lease, reason):
            return
        await Submission.filter(session_id=session_id).update(video_creation_start=now())
        try:
            async with services.storage.workspace() as files:
                await _make_videos(services, lease, files)
        except OUR_TROUBLE:
            raise
        except BadPhoto as error:
            unreadable = FailureReason.PHOTO_UNREADABLE
            await retry_or_fail(services, lease, unreadable, str(error), is_final=True)
        except RenderError as error:
            await retry_or_fail(services, lease, reason, str(error), is_final=not error.can_retry)


async def _make_videos(services: Services, lease: Lease, files: Workspace) -> None:
    session_id = lease.session_id
    videos = _plan_videos(services, lease, files)
    if not await services.storage.has(services.storage.card(session_id)):
        await draw_card(services, files, session_id)
    loops = (files.preview(session_id, video_format) for video_format in services.settings.formats)
    await files.fetch(files.photo(session_id), files.song(session_id), *loops)
    try:
        await _render(services, lease, files, videos)
    finally:
        for video in videos.values():
            video.out.unlink(missing_ok=True)


def _plan_videos(services: Services, lease: Lease, files: Workspace) -> Mapping[str, Video]:
    session_id, settings = lease.session_id, services.settings
    videos = {
        video_format: Video(
            out=partial(files.video(session_id, video_format), lease.fence),
            spec=spec,
            loop=files.preview(session_id, video_format),
        )
        for video_format, spec in settings.formats.items()
    }
    out = partial(files.teaser(session_id), lease.fence)
    return videos | {TEASER: replace(videos[settings.main_format], out=out, longest_s=TEASER_S)}


async def _render(
    services: Services, lease: Lease, files: Workspace, videos: Mapping[str, Video]
) -> None:
    session_id = lease.session_id
    job = RenderJob(files.photo(session_id), files.song(session_id), tuple(videos.values()))
    report = await services.renders.render(job)
    row = await Submission.get(session_id=session_id)
    for video_format, video_report in zip(videos, report.videos, strict=True):
        log_video(services, "video_encoded", session_id, video_format, video_report)
    # A worker killed in between leaves complete files of a video that is not ready yet; the next
    # render replaces them with identical ones.
    for video_format, video in videos.items():
        if not await is_held(lease):
            return
        if video_format == TEASER:
            await files.publish(video.out, files.teaser(session_id))
        else:
            path = files.video(session_id, video_format)
            disposition = attach_video(row.pet_name, row.owner_name, video_format)
            await files.publish(video.out, path, disposition)
        failpoint("between_renames")
    failpoint("after_rename")
    main = report.videos[0]
    await transitions.succeed(
        services,
        session_id,
        fence=lease.fence,
        encoder=main.encoder,
        fallback=main.fallback,
        timings=report.timings,
    )
    logger.info("video_rendered", session_id=short_id(session_id), **report.timings)
