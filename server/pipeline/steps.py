"""What the tasks do, in the order of the journey; callable without a broker, and again.

Each step claims its row, does work that may be repeated, and publishes under its fence. A step that
finds nothing to do returns quietly: somebody was first, or the ring was a late one.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import structlog

from renderer import BadPhoto, Film, RenderError, RenderJob
from server.clock import now
from server.crashes import crash_point
from server.errors import SongServiceError, SongUnusable
from server.log import short_id
from server.pipeline.leases import Lease, forget_attempts, hold, is_held, postpone
from server.pipeline.ordering import adopt_reported
from server.pipeline.pressing import draw_card, log_film
from server.pipeline.retries import backoff_s
from server.services import Services
from server.sonauto import Outcome
from server.storage import StorageUnavailable, Workspace, attach_film, partial
from server.submissions import transitions
from server.submissions.lifecycle import FailureReason, Stage
from server.submissions.model import Submission

STORAGE_RETRY_S: Final = 30
TEASER_S: Final = 15.0
TEASER: Final = "teaser"
"""What the film for links is called where films are named by their formats."""

logger = structlog.get_logger(__name__)


async def fetch_generation_details(services: Services, session_id: str) -> None:
    """Ask the song service what has become of the song, and go on if it has ended."""
    await adopt_reported(services, session_id)
    async with hold(session_id, Stage.COMPOSING, services.settings.lease_seconds) as lease:
        if lease and not await is_poison(services, lease, FailureReason.GENERATION_FAILED):
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
    async with hold(session_id, Stage.DOWNLOADING, services.settings.lease_seconds) as lease:
        if lease is None or await is_poison(services, lease, FailureReason.DOWNLOAD_FAILED):
            return
        try:
            async with services.storage.workspace() as files:
                await _download(services, lease, files)
        except StorageUnavailable as error:
            await wait_for_storage(lease, error)
        except (SongUnusable, RenderError, OSError) as error:
            is_final = isinstance(error, SongUnusable) and error.is_final
            reason = FailureReason.DOWNLOAD_FAILED
            await retry_or_fail(services, lease, reason, str(error), is_final=is_final)


async def _download(services: Services, lease: Lease, files: Workspace) -> None:
    submission = await Submission.get(session_id=lease.session_id)
    song = files.song(lease.session_id)
    draft = partial(song, lease.fence)
    try:
        await services.songs.download(submission.LLM_response or "", draft)
        await services.renders.check_song(draft)
        crash_point("after_download")
        if await is_held(lease):
            await files.publish(draft, song)
            crash_point("after_song_rename")
            await transitions.start_rendering(services, lease.session_id, fence=lease.fence)
    finally:
        draft.unlink(missing_ok=True)


async def create_video(services: Services, session_id: str) -> None:
    """Photo, song and pressed cycles -> a film in each format, a teaser, and the journey's end."""
    async with hold(session_id, Stage.RENDERING, services.settings.lease_seconds) as lease:
        if lease is None or await is_poison(services, lease, FailureReason.RENDER_FAILED):
            return
        await Submission.filter(session_id=session_id).update(video_creation_start=now())
        try:
            async with services.storage.workspace() as files:
                await _make_films(services, lease, files)
        except BadPhoto as error:
            reason = FailureReason.PHOTO_UNREADABLE
            await retry_or_fail(services, lease, reason, str(error), is_final=True)
        except StorageUnavailable as error:
            await wait_for_storage(lease, error)
        except (RenderError, OSError) as error:
            is_final = isinstance(error, RenderError) and not error.can_retry
            reason = FailureReason.RENDER_FAILED
            await retry_or_fail(services, lease, reason, str(error), is_final=is_final)


async def _make_films(services: Services, lease: Lease, files: Workspace) -> None:
    session_id = lease.session_id
    films = _plan_films(services, lease, files)
    if not await services.storage.has(services.storage.card(session_id)):
        await draw_card(services, files, session_id)
    cycles = (files.preview(session_id, film_format) for film_format in services.settings.films)
    await files.fetch(files.photo(session_id), files.song(session_id), *cycles)
    try:
        await _render(services, lease, files, films)
    finally:
        for film in films.values():
            film.out.unlink(missing_ok=True)


def _plan_films(services: Services, lease: Lease, files: Workspace) -> Mapping[str, Film]:
    session_id, settings = lease.session_id, services.settings
    films = {
        film_format: Film(
            out=partial(files.video(session_id, film_format), lease.fence),
            spec=spec,
            cycle=files.preview(session_id, film_format),
        )
        for film_format, spec in settings.films.items()
    }
    out = partial(files.teaser(session_id), lease.fence)
    return films | {TEASER: replace(films[settings.main_format], out=out, longest_s=TEASER_S)}


async def _render(
    services: Services, lease: Lease, files: Workspace, films: Mapping[str, Film]
) -> None:
    session_id = lease.session_id
    job = RenderJob(files.photo(session_id), files.song(session_id), tuple(films.values()))
    report = await services.renders.render(job)
    row = await Submission.get(session_id=session_id)
    for film_format, film_report in zip(films, report.films, strict=True):
        log_film(services, "film_rendered", session_id, film_format, film_report)
    # Whoever is killed in between leaves whole files of a video that is not ready yet; whoever
    # renders it again replaces them by the same.
    for film_format, film in films.items():
        if not await is_held(lease):
            return
        if film_format == TEASER:
            await files.publish(film.out, files.teaser(session_id))
        else:
            path = files.video(session_id, film_format)
            disposition = attach_film(row.pet_name, row.owner_name, film_format)
            await files.publish(film.out, path, disposition)
        crash_point("between_renames")
    crash_point("after_rename")
    main = report.films[0]
    await transitions.succeed(
        services,
        session_id,
        fence=lease.fence,
        encoder=main.encoder,
        fallback=main.fallback,
        timings=report.timings,
    )
    logger.info("video_rendered", session_id=short_id(session_id), **report.timings)


async def wait_for_storage(lease: Lease, error: StorageUnavailable) -> None:
    """Have the step tried again until the storage is back: no song is lost to its absence."""
    logger.warning("storage_away", session_id=short_id(lease.session_id), reason=str(error))
    await forget_attempts(lease)
    await postpone(lease, STORAGE_RETRY_S)


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
