"""The files visitors see: videos, teaser and card, and the preview with its poster while they wait.

A path is made only from an id of ours and a known format. Photos and songs are not served at all.
A deleted song wins over caches: shared ones ask each time, browsers after FRESH_FOR, and none keeps
anything past the day on which it is deleted by itself.
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
from server.submissions.captions import write_captions
from server.submissions.lifecycle import EntryStatus
from server.submissions.model import Submission
from server.web.accel import hand_over
from server.web.context import current_services
from server.web.limiting import unlimited

CACHE_FOR_GOOD: Final = "public, max-age=31536000, immutable"
FRESH_FOR: Final = timedelta(hours=1)
# Much shorter than `SIGNED_FOR`, so that a redirect from the cache opens a video for long enough.
REDIRECT_FRESH_FOR: Final = timedelta(minutes=10)

UNLIMITED: Final = "A player fetches a video in many pieces, and a school shares one address."

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
    """Send a finished video in one format; with `?download` it is saved under both names."""
    video = read_video_name(name)
    submission = video and await _find_finished(video[0])
    if video is None or submission is None:
        raise NotFound
    response = await _send_kept(current_services().storage.video(*video), submission)
    if "download" in request.args:
        disposition = attach_video(submission.pet_name, submission.owner_name, video[1])
        response.headers["Content-Disposition"] = disposition
    return response


@media.get("/teaser/<session_id>.mp4")
@hide
@unlimited(UNLIMITED)
async def get_teaser(session_id: str) -> Response:
    """Send the video that a link to a finished song is shown with."""
    submission = await _find_finished(session_id)
    if submission is None:
        raise NotFound
    path = current_services().storage.teaser(session_id)
    return _for_other_sites(await _send_kept(path, submission))


@media.get("/preview/<name>.mp4")
@hide
@unlimited(UNLIMITED)
async def get_preview(name: str) -> Response:
    """Send one rotation of the main video."""
    video = read_video_name(name)
    if video is None or video[1] != current_services().settings.main_format:
        raise NotFound
    submission = await Submission.get_or_none(session_id=video[0])
    return await _send_kept(current_services().storage.preview(*video), submission)


@media.get("/poster/<session_id>.jpg")
@hide
@unlimited(UNLIMITED)
async def get_poster(session_id: str) -> Response:
    """Send the first frame of the rotation."""
    if not is_session_id(session_id):
        raise NotFound
    submission = await Submission.get_or_none(session_id=session_id)
    return await _send_kept(current_services().storage.poster(session_id), submission)


@media.get("/card/<session_id>.jpg")
@hide
@unlimited(UNLIMITED)
async def get_card(session_id: str) -> Response:
    """Send the picture that a link to a finished song is shown with."""
    submission = await _find_finished(session_id)
    if submission is None:
        raise NotFound
    path = current_services().storage.card(session_id)
    return _for_other_sites(await _send_kept(path, submission))


@media.get("/captions/<session_id>.vtt")
@hide
@unlimited(UNLIMITED)
async def get_captions(session_id: str) -> Response:
    """Send the lyrics of a finished song as captions, where they bear times."""
    submission = await _find_finished(session_id)
    captions = write_captions((submission and submission.lyrics) or "")
    if captions is None:
        raise NotFound
    return Response(captions, content_type="text/vtt; charset=utf-8")


async def send_media(path: Path, cache_control: str = CACHE_FOR_GOOD) -> Response:
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
    response.headers["Cache-Control"] = cache_control
    return response


async def _send_kept(path: Path, submission: Submission | None) -> Response:
    storage = current_services().storage
    address = await storage.sign(path)
    proxy = current_services().settings.files_sent_by
    if address is None and not proxy:
        return await send_media(path, _cache_control(submission))
    if not await storage.has(path):
        raise NotFound
    if address is None:
        response = hand_over(path, proxy)
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
    # Chat apps on the web show them on their own pages.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


async def _find_finished(session_id: str) -> Submission | None:
    if not is_session_id(session_id):
        return None
    return await Submission.get_or_none(session_id=session_id, entry_status=EntryStatus.SUCCESS)
