"""What the tasks do, in the order of the journey; callable without a broker, and again.

Each step claims its row, does work that may be repeated, and publishes under its fence. A step that
finds nothing to do returns quietly: somebody was first, or the ring was a late one.
"""

import structlog

from renderer import BadPhoto, Film, PressJob, RenderError, RenderJob, RenderSpec
from server.clock import now
from server.errors import SongServiceError, SongUnusable
from server.log import short_id
from server.pipeline.leases import Lease, forget_attempts, hold, is_held, postpone
from server.pipeline.ordering import adopt_reported
from server.pipeline.retries import backoff_s
from server.services import Services
from server.sonauto import Outcome
from server.storage import partial, publish
from server.submissions import presses, transitions
from server.submissions.lifecycle import FailureReason, Stage
from server.submissions.model import Submission

logger = structlog.get_logger(__name__)


async def press_record(services: Services, session_id: str) -> None:
    """Photo -> `preview/{id}.mp4` and its poster, so that the visitor sees the own record turn.

    A press that fails is tried again by the sweeper; `create_video` can do without it.
    """
    if not await presses.claim(session_id):
        return
    storage = services.storage
    job = PressJob(
        photo=storage.photo(session_id),
        cycle=storage.preview(session_id),
        poster=storage.poster(session_id),
        encoder=services.settings.render_encoder,
        spec=render_spec(services),
    )
    try:
        await services.renders.press(job)
    except RenderError as error:
        logger.warning("press_failed", session_id=short_id(session_id), reason=str(error))
        return
    await transitions.show_preview(services, session_id)


async def fetch_generation_details(services: Services, session_id: str) -> None:
    """Ask the song service what has become of the song, and go on if it has ended."""
    await adopt_reported(services, session_id)
    async with hold(session_id, Stage.COMPOSING) as lease:
        if lease is not None:
            await _check_generation(services, lease)
    # A ring during the check found the row taken; it is due again, and nobody else will say so.
    if lease is not None and await Submission.exists(
        session_id=session_id, stage=Stage.COMPOSING, next_run_at__lte=now()
    ):
        await services.doorbell.ring(transitions.TASK_OF[Stage.COMPOSING], session_id)


async def _check_generation(services: Services, lease: Lease) -> None:
    await postpone(lease, services.settings.generation_poll_interval)
    submission = await Submission.get(session_id=lease.session_id)
    try:
        generation = await services.songs.read_generation(submission.LLM_task_id or "")
    except SongServiceError as error:
        logger.warning("poll_failed", session_id=short_id(lease.session_id), reason=str(error))
        await forget_attempts(lease)
        return
    if generation.outcome is Outcome.UNDER_WAY:
        await forget_attempts(lease)
    elif generation.outcome is Outcome.FAILURE:
        logger.warning("generation_failed", session_id=short_id(lease.session_id))
        await transitions.fail(
            services,
            lease.session_id,
            FailureReason.GENERATION_FAILED,
            leaving=lease.stage,
            fence=lease.fence,
            llm_status="fail",
        )
    elif generation.song_url is None:
        await retry_or_fail(services, lease, FailureReason.GENERATION_FAILED, "no song address")
    else:
        await transitions.start_downloading(
            services,
            lease.session_id,
            fence=lease.fence,
            song_url=generation.song_url,
            lyrics=generation.lyrics,
            response=generation.response,
        )


async def download_audio(services: Services, session_id: str) -> None:
    """Song address -> checked MP3 at `audio/{id}.mp3`."""
    async with hold(session_id, Stage.DOWNLOADING) as lease:
        if lease is None or await is_poison(services, lease, FailureReason.DOWNLOAD_FAILED):
            return
        submission = await Submission.get(session_id=session_id)
        song = services.storage.song(session_id)
        draft = partial(song, lease.fence)
        try:
            await services.songs.download(submission.LLM_response or "", draft)
            await services.renders.check_song(draft)
            if await is_held(lease):
                publish(draft, song)
                await transitions.start_rendering(services, session_id, fence=lease.fence)
        except (SongUnusable, RenderError, OSError) as error:
            is_final = isinstance(error, SongUnusable) and error.is_final
            reason = FailureReason.DOWNLOAD_FAILED
            await retry_or_fail(services, lease, reason, str(error), is_final=is_final)
        finally:
            draft.unlink(missing_ok=True)


async def create_video(services: Services, session_id: str) -> None:
    """Photo, song and pressed cycle -> `video/{id}.mp4`, and the journey's end."""
    async with hold(session_id, Stage.RENDERING) as lease:
        if lease is None or await is_poison(services, lease, FailureReason.RENDER_FAILED):
            return
        await Submission.filter(session_id=session_id).update(video_creation_start=now())
        storage = services.storage
        video = storage.video(session_id)
        draft = partial(video, lease.fence)
        job = RenderJob(
            photo=storage.photo(session_id),
            song=storage.song(session_id),
            films=(Film(draft, render_spec(services), storage.preview(session_id)),),
            encoder=services.settings.render_encoder,
        )
        try:
            report = await services.renders.render(job)
            if await is_held(lease):
                publish(draft, video)
                await transitions.succeed(services, session_id, fence=lease.fence)
                logger.info("video_rendered", session_id=short_id(session_id), **report.timings)
        except BadPhoto as error:
            reason = FailureReason.PHOTO_UNREADABLE
            await retry_or_fail(services, lease, reason, str(error), is_final=True)
        except (RenderError, OSError) as error:
            is_final = isinstance(error, RenderError) and not error.can_retry
            reason = FailureReason.RENDER_FAILED
            await retry_or_fail(services, lease, reason, str(error), is_final=is_final)
        finally:
            draft.unlink(missing_ok=True)


async def retry_or_fail(
    services: Services, lease: Lease, reason: FailureReason, error: str, *, is_final: bool = False
) -> None:
    """Have the step tried again later, or end the submission once its attempts are used up."""
    is_last = is_final or lease.attempts >= services.settings.max_retries
    logger.warning(
        "step_failed",
        session_id=short_id(lease.session_id),
        stage=lease.stage.value,
        attempt=lease.attempts,
        error=error,
    )
    if is_last:
        await transitions.fail(
            services, lease.session_id, reason, leaving=lease.stage, fence=lease.fence
        )
    else:
        await postpone(lease, backoff_s(lease.attempts))


async def is_poison(services: Services, lease: Lease, reason: FailureReason) -> bool:
    """End a submission whose last attempts all took their process down; say whether it was one."""
    if lease.attempts <= services.settings.max_retries:
        return False
    await transitions.fail(
        services, lease.session_id, reason, leaving=lease.stage, fence=lease.fence
    )
    return True


def render_spec(services: Services) -> RenderSpec:
    """Return the film's numbers as the settings have them."""
    settings = services.settings
    return RenderSpec(
        width_px=settings.video_resolution,
        height_px=settings.video_resolution,
        fps=settings.video_fps,
        rpm=settings.vinyl_rpm,
        crf=settings.video_crf,
        pet_size_px=settings.pet_image_size,
        vinyl_size_px=settings.vinyl_size,
    )
