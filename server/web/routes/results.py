"""`/api/results/{session_id}`: the finished song, or why there is none.

200 finished, 202 still being made, 400 failed, 404 unknown, 410 deleted.
"""

from datetime import timedelta
from typing import Final, Literal

from pydantic import BaseModel
from quart import Blueprint, Response

from renderer import FORMATS
from server import words
from server.clock import to_wire
from server.ids import is_session_id
from server.limits import Rule
from server.services import Services
from server.storage import urls
from server.submissions.captions import remove_times, write_captions
from server.submissions.lifecycle import EntryStatus
from server.submissions.lyrics import LyricsSection, split_sections
from server.submissions.model import Submission
from server.web.context import current_services
from server.web.limiting import limited
from server.web.replies import ErrorReply, reply, session_not_found
from server.web.routes.documentation import documented

RETRY_AFTER_S: Final = 10

results = Blueprint("results", __name__, url_prefix="/api/results")


class VideoFile(BaseModel):
    """One video of a song: its format, URL and size in pixels.

    `download_url` saves it under both names.
    """

    format: str
    url: str
    download_url: str
    width: int
    height: int


class SongResult(BaseModel):
    """A finished song; `videos` lists the available videos, the main one at `video_url` first.

    `teaser_url` is a short video of its beginning. `captions_url` is set if the lyrics have
    timestamps. `lyrics` omits them, and `sections` are the same lyrics split at their headings.
    After `kept_until` everything is deleted and the answer is 410.
    """

    success: Literal[True] = True
    session_id: str
    status: Literal["success"] = "success"
    video_url: str
    videos: list[VideoFile]
    poster_url: str | None
    card_url: str | None
    teaser_url: str | None
    captions_url: str | None
    lyrics: str
    sections: list[LyricsSection]
    owner_name: str
    pet_name: str
    created_at: str
    kept_until: str


class UnfinishedResult(BaseModel):
    """A song that is not finished, or has failed."""

    success: Literal[False] = False
    status: Literal["pending", "processing", "fail"]
    message: str


@results.get("/<session_id>")
@documented(
    {
        200: SongResult,
        202: UnfinishedResult,
        400: UnfinishedResult,
        404: ErrorReply,
        410: ErrorReply,
        429: ErrorReply,
        503: ErrorReply,
    }
)
@limited(Rule.RESULTS)
async def get_result(session_id: str) -> Response:
    """Return the video URLs, lyrics and names of a finished song."""
    if not is_session_id(session_id):
        return session_not_found()
    submission = await Submission.get_or_none(session_id=session_id)
    if submission is None:
        return session_not_found()
    if submission.expired_at is not None:
        return reply(ErrorReply(error="expired", message=words.EXPIRED), 410)
    match EntryStatus(submission.entry_status):
        case EntryStatus.SUCCESS:
            return reply(await read_song(current_services(), submission))
        case EntryStatus.FAIL:
            return reply(UnfinishedResult(status="fail", message=words.FAILED), 400)
        case EntryStatus.PENDING:
            return _not_yet("pending")
        case EntryStatus.PROCESSING:
            return _not_yet("processing")


async def read_song(services: Services, submission: Submission) -> SongResult:
    """Describe a finished song that was not deleted; raises StorageUnavailable."""
    session_id, storage = submission.session_id, services.storage
    retention = timedelta(days=services.settings.file_retention_days)
    formats = services.settings.formats
    # Including formats that are no longer in the settings.
    specs = {**formats, **{name: spec for name, spec in FORMATS.items() if name not in formats}}
    made = {name: storage.video(session_id, name) for name in specs}
    poster, card = storage.poster(session_id), storage.card(session_id)
    teaser = storage.teaser(session_id)
    found = await storage.find([*made.values(), poster, card, teaser])
    videos = [
        VideoFile(
            format=name,
            url=urls.video_url(session_id, name),
            download_url=urls.video_download_url(session_id, name),
            width=spec.width_px,
            height=spec.height_px,
        )
        for name, spec in specs.items()
        if made[name] in found
    ]
    lyrics = submission.lyrics or ""
    plain_lyrics = remove_times(lyrics)
    return SongResult(
        session_id=session_id,
        video_url=videos[0].url if videos else urls.video_url(session_id, next(iter(formats))),
        videos=videos,
        poster_url=urls.poster_url(session_id) if poster in found else None,
        card_url=urls.card_url(session_id) if card in found else None,
        teaser_url=urls.teaser_url(session_id) if teaser in found else None,
        captions_url=urls.captions_url(session_id) if write_captions(lyrics) else None,
        lyrics=plain_lyrics,
        sections=split_sections(plain_lyrics),
        owner_name=submission.owner_name,
        pet_name=submission.pet_name,
        created_at=to_wire(submission.created_at),
        kept_until=to_wire(submission.created_at + retention),
    )


def _not_yet(status: Literal["pending", "processing"]) -> Response:
    body = UnfinishedResult(status=status, message=words.UNFINISHED)
    return reply(body, 202, {"Retry-After": str(RETRY_AFTER_S)})
