"""Serves videos, teasers, cards, previews and posters.

Paths are built only from one of our ids and a known format; photos and songs are never served.
Deleted songs disappear from caches: shared caches always revalidate, browsers after FRESH_FOR, and
nothing is cached beyond the end of its retention.
"""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Final

from quart import Blueprint, Response, request, send_file
from quart.wrappers.response import FileBody
from quart_schema import hide
from werkzeug.exceptions import NotFound, RequestedRangeNotSatisfiable

from server.clock import now
from server.ids import is_session_id
from server.storage import attach_video, read_video_name
from server.storage.urls import MEDIA_PATH
from server.submissions.captions import write_captions
from server.submissions.lifecycle import EntryStatus
from server.submissions.model import Submission
from server.web.accel import send_by_proxy
from server.web.context import current_services
from server.web.limiting import unlimited

CACHE_FOR_GOOD: Final = "public, max-age=31536000, immutable"
FRESH_FOR: Final = timedelta(hours=1)
# Much shorter than `SIGNED_FOR`, so that a cached redirect stays valid long enough.
REDIRECT_FRESH_FOR: Final = timedelta(minutes=10)

UNLIMITED: Final = "A player fetches a video in many ranges, and a school shares one address."

media = Blueprint("media", __name__, url_prefix=MEDIA_PATH)


class RangeBody(FileBody):
    """A file body with large chunks and support for suffix ranges.

    Quart's chunks of 8 KiB use a whole core at 35 MB/s, and it fails on `bytes=-50`.
    """

    buffer_size = 256 * 1024

    async def make_conditional(self, begin: int, end: int | None) -> int:
        """Restrict the body to a range; a negative `begin` counts from the end."""
        return await super().make_conditional(
            begin if begin >= 0 else max(0, self.size + begin), end
        )


class RangeResponse(Response):
    """A response that sends files as RangeBody."""

    file_body_class = RangeBody


@media.get("/video/<name>.mp4")
@hide
@unlimited(UNLIMITED)
async def get_video(name: str) -> Response:
    """Send a finished video in one format; `?download` saves it under both names."""
    video = read_video_name(name)
    submission = video and await _find_finished(video[0])
    if video is None or submission is None:
        raise NotFound
    response = await _send_stored(current_services().storage.video(*video), submission)
    if "download" in request.args:
        disposition = attach_video(submission.pet_name, submission.owner_name, video[1])
        response.headers["Content-Disposition"] = disposition
    return response


@media.get("/teaser/<session_id>.mp4")
@hide
@unlimited(UNLIMITED)
async def get_teaser(session_id: str) -> Response:
    """Send the short video that apps show for a link to a finished song."""
    submission = await _find_finished(session_id)
    if submission is None:
        raise NotFound
    path = current_services().storage.teaser(session_id)
    return _for_other_sites(await _send_stored(path, submission))


@media.get("/preview/<name>.mp4")
@hide
@unlimited(UNLIMITED)
async def get_preview(name: str) -> Response:
    """Send the loop of the main video."""
    video = read_video_name(name)
    if video is None or video[1] != current_services().settings.main_format:
        raise NotFound
    submission = await Submission.get_or_none(session_id=video[0])
    return await _send_stored(current_services().storage.preview(*video), submission)


@media.get("/poster/<session_id>.jpg")
@hide
@unlimited(UNLIMITED)
async def get_poster(session_id: str) -> Response:
    """Send the first frame of the loop."""
    if not is_session_id(session_id):
        raise NotFound
    submission = await Submission.get_or_none(session_id=session_id)
    return await _send_stored(current_services().storage.poster(session_id), submission)


@media.get("/card/<session_id>.jpg")
@hide
@unlimited(UNLIMITED)
async def get_card(session_id: str) -> Response:
    """Send the image that apps show for a link to a finished song."""
    submission = await _find_finished(session_id)
    if submission is None:
        raise NotFound
    path = current_services().storage.card(session_id)
    return _for_other_sites(await _send_stored(path, submission))


@media.get("/captions/<session_id>.vtt")
@hide
@unlimited(UNLIMITED)
async def get_captions(session_id: str) -> Response:
    """Send the lyrics of a finished song as captions; 404 if they have no timestamps."""
    submission = await _find_finished(session_id)
    captions = write_captions((submission and submission.lyrics) or "")
    if captions is None:
        raise NotFound
    return Response(captions, content_type="text/vtt; charset=utf-8")


async def send_media(path: Path, cache_control: str = CACHE_FOR_GOOD) -> Response:
    """Send an immutable file or the requested range of it; 404 if it is missing."""
    try:
        response = await send_file(path, conditional=True)
    except FileNotFoundError as error:
        raise NotFound from error
    except RequestedRangeNotSatisfiable as error:
        # Quart omits the size, without which a player cannot request a valid range.
        status = await asyncio.to_thread(path.stat)
        raise RequestedRangeNotSatisfiable(status.st_size) from error
    if request.method == "HEAD":
        # Otherwise the whole file would be read and discarded.
        response.response = response.data_body_class(b"")
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = cache_control
    return response


async def _send_stored(path: Path, submission: Submission | None) -> Response:
    storage = current_services().storage
    address = await storage.sign(path)
    proxy = current_services().settings.files_sent_by
    if address is None and not proxy:
        return await send_media(path, _cache_control(submission))
    if not await storage.has(path):
        raise NotFound
    if address is None:
        response = send_by_proxy(path, proxy)
        response.headers["Cache-Control"] = _cache_control(submission)
        return response
    fresh_s = min(_count_fresh_s(submission), int(REDIRECT_FRESH_FOR.total_seconds()))
    headers = {"Location": address, "Cache-Control": f"private, max-age={fresh_s}"}
    return Response(status=302, headers=headers)


def _cache_control(submission: Submission | None) -> str:
    return f"public, max-age={_count_fresh_s(submission)}, s-maxage=0, must-revalidate"


def _count_fresh_s(submission: Submission | None) -> int:
    if submission is None or submission.expired_at is not None:
        return 0
    retention = timedelta(days=current_services().settings.file_retention_days)
    left = submission.created_at + retention - now()
    return max(0, int(min(left, FRESH_FOR).total_seconds()))


def _for_other_sites(response: Response) -> Response:
    # Web-based chat apps embed them in their pages.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


async def _find_finished(session_id: str) -> Submission | None:
    if not is_session_id(session_id):
        return None
    return await Submission.get_or_none(session_id=session_id, entry_status=EntryStatus.SUCCESS)
