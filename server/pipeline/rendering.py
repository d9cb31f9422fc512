"""Photo, song and encoded loops become the videos, and the journey ends.

All files are in place before the row says `ready`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import structlog

from renderer import BadPhoto, Film, RenderError, RenderJob
from server.clock import now
from server.logs.log import short_id
from server.pipeline.leases import OUR_TROUBLE, Lease, hold, is_held
from server.pipeline.previewing import draw_card, log_film
from server.pipeline.retries import is_poison, retry_or_fail
from server.process.failpoints import crash_point
from server.services import Services
from server.storage import Workspace, attach_film, partial
from server.submissions import transitions
from server.submissions.lifecycle import FailureReason, Stage
from server.submissions.model import Submission

TEASER_S: Final = 15.0
TEASER: Final = "teaser"
"""What the film for links is called where films are named by their formats."""

logger = structlog.get_logger(__name__)


async def create_video(services: Services, session_id: str) -> None:
    """Photo, song and pressed cycles -> a film in each format, a teaser, and the journey's end."""
    async with hold(session_id, Stage.RENDERING, services.settings.lease_seconds) as lease:
        reason = FailureReason.RENDER_FAILED
        if lease is None or await is_poison(services, lease, reason):
            return
        await Submission.filter(session_id=session_id).update(video_creation_start=now())
        try:
            async with services.storage.workspace() as files:
                await _make_films(services, lease, files)
        except OUR_TROUBLE:
            raise
        except BadPhoto as error:
            unreadable = FailureReason.PHOTO_UNREADABLE
            await retry_or_fail(services, lease, unreadable, str(error), is_final=True)
        except RenderError as error:
            await retry_or_fail(services, lease, reason, str(error), is_final=not error.can_retry)


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
