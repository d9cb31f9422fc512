"""The files visitors see: films, teaser and card, and the preview with its poster while they wait.

A path is made only from an id of ours and a known format. Photos and songs are not served at all.
"""

import asyncio
from pathlib import Path
from typing import Final

from quart import Blueprint, Response, request, send_file
from quart.wrappers.response import FileBody
from quart_schema import hide
from tortoise.queryset import QuerySet
from werkzeug.exceptions import NotFound, RequestedRangeNotSatisfiable

from server.ids import is_session_id
from server.storage import attach_film, read_film_name
from server.submissions.captions import write_captions
from server.submissions.lifecycle import EntryStatus
from server.submissions.model import Submission
from server.web.context import current_services
from server.web.handover import hand_over
from server.web.limiting import unlimited

CACHE_FOR_GOOD: Final = "public, max-age=31536000, immutable"
# Much shorter than `SIGNED_FOR`, so that a redirect from the cache opens a film for long enough.
CACHE_REDIRECT: Final = "private, max-age=600"

UNLIMITED: Final = "A player fetches a film in many pieces, and a school shares one address."

media = Blueprint("media", __name__, url_prefix="/storage")


class RangeBody(FileBody):
    """A file sent in large pieces, and from its end if a suffix range asks for it.

    Quart's own pieces of 8 KiB cost a core at 35 MB/s, and `bytes=-50` makes it fail.
    """

    buffer_size = 256 * 1024

    async def make_conditional(self, begin: int, end: int | None) -> int:
        """Restrict the body to a range; `begin` counts from the end when it is negative."""
        return await super().make_conditional(
            begin if begin >= 0 else max(0, self.size + begin), end
        )


class RangeResponse(Response):
    """A response whose files are sent as RangeBody."""

    file_body_class = RangeBody


@media.get("/video/<name>.mp4")
@hide
@unlimited(UNLIMITED)
async def get_video(name: str) -> Response:
    """Send a finished film in one of its formats; with `?download`, to be saved under its names."""
    film = read_film_name(name)
    submission = film and await _finished().get_or_none(session_id=film[0])
    if film is None or submission is None:
        raise NotFound
    response = await _send_kept(current_services().storage.video(*film))
    if "download" in request.args:
        disposition = attach_film(submission.pet_name, submission.owner_name, film[1])
        response.headers["Content-Disposition"] = disposition
    return response


@media.get("/teaser/<session_id>.mp4")
@hide
@unlimited(UNLIMITED)
async def get_teaser(session_id: str) -> Response:
    """Send the film that a link to a finished song is shown with."""
    if not is_session_id(session_id) or not await _is_finished(session_id):
        raise NotFound
    return _for_other_sites(await _send_kept(current_services().storage.teaser(session_id)))


@media.get("/preview/<name>.mp4")
@hide
@unlimited(UNLIMITED)
async def get_preview(name: str) -> Response:
    """Send one rotation of the main film."""
    film = read_film_name(name)
    if film is None or film[1] != current_services().settings.main_format:
        raise NotFound
    return await _send_kept(current_services().storage.preview(*film))


@media.get("/poster/<session_id>.jpg")
@hide
@unlimited(UNLIMITED)
async def get_poster(session_id: str) -> Response:
    """Send the first frame of the rotation."""
    if not is_session_id(session_id):
        raise NotFound
    return await _send_kept(current_services().storage.poster(session_id))


@media.get("/card/<session_id>.jpg")
@hide
@unlimited(UNLIMITED)
async def get_card(session_id: str) -> Response:
    """Send the picture that a link to a finished song is shown with."""
    if not is_session_id(session_id) or not await _is_finished(session_id):
        raise NotFound
    return _for_other_sites(await _send_kept(current_services().storage.card(session_id)))


@media.get("/captions/<session_id>.vtt")
@hide
@unlimited(UNLIMITED)
async def get_captions(session_id: str) -> Response:
    """Send the lyrics of a finished song as captions, where they bear times."""
    submission = None
    if is_session_id(session_id):
        submission = await _finished().get_or_none(session_id=session_id)
    captions = write_captions((submission and submission.lyrics) or "")
    if captions is None:
        raise NotFound
    return Response(captions, content_type="text/vtt; charset=utf-8")


async def send_media(path: Path) -> Response:
    """Send a file that never changes, or the range of it that is asked for; 404 if missing."""
    try:
        response = await send_file(path, conditional=True)
    except FileNotFoundError as error:
        raise NotFound from error
    except RequestedRangeNotSatisfiable as error:
        # Quart leaves out the size, without which a player cannot ask again.
        status = await asyncio.to_thread(path.stat)
        raise RequestedRangeNotSatisfiable(status.st_size) from error
    if request.method == "HEAD":
        # Otherwise all of the file would be read, at no visitor's pace, and thrown away.
        response.response = response.data_body_class(b"")
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = CACHE_FOR_GOOD
    return response


async def _send_kept(path: Path) -> Response:
    storage = current_services().storage
    address = await storage.sign(path)
    proxy = current_services().settings.files_sent_by
    if address is None and not proxy:
        return await send_media(path)
    if not await storage.has(path):
        raise NotFound
    if address is None:
        response = hand_over(path, proxy)
        response.headers["Cache-Control"] = CACHE_FOR_GOOD
        return response
    return Response(status=302, headers={"Location": address, "Cache-Control": CACHE_REDIRECT})


def _for_other_sites(response: Response) -> Response:
    # Chat apps on the web show them on their own pages.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


async def _is_finished(session_id: str) -> bool:
    return await _finished().filter(session_id=session_id).exists()


def _finished() -> QuerySet[Submission]:
    return Submission.filter(entry_status=EntryStatus.SUCCESS)
