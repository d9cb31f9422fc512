"""What a page shows of a submission where no script runs, and to programs that read it."""

import re
from dataclasses import dataclass
from typing import Final

from server.services import Services
from server.storage import video_name
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission
from server.submissions.queue_order import SHOWN_AS_QUEUED
from server.web.routes.results import SongResult, read_song

MISSING: Final = "missing"
EXPIRED: Final = "expired"

SECTION: Final = re.compile(r"\[(.+)\]")


@dataclass(frozen=True)
class PlainPage:
    """A submission in the words of the templates: `state` is a stage, or one of the two above.

    `song` is there once it is ready, `poster_url` and `preview_url` once the preview is made.
    """

    state: str
    song: SongResult | None = None
    poster_url: str | None = None
    preview_url: str | None = None
    failure_reason: str | None = None


async def describe(services: Services, submission: Submission | None) -> PlainPage:
    """Return what there is to show; None is a submission that nobody knows."""
    if submission is None:
        return PlainPage(MISSING)
    if submission.expired_at is not None:
        return PlainPage(EXPIRED)
    stage = Stage(submission.stage)
    if stage is Stage.READY:
        return PlainPage(stage, await read_song(services, submission))
    session_id = submission.session_id
    preview = video_name(session_id, services.settings.main_format)
    is_made = submission.preview_path is not None
    return PlainPage(
        Stage.QUEUED if stage in SHOWN_AS_QUEUED else stage,
        poster_url=f"/storage/poster/{session_id}.jpg" if is_made else None,
        preview_url=f"/storage/preview/{preview}.mp4" if is_made else None,
        failure_reason=submission.failure_reason,
    )


def split_sections(lyrics: str) -> list[tuple[str, list[str]]]:
    """Return the lyrics' sections in order, each with its heading, "" where it has none."""
    sections: list[tuple[str, list[str]]] = [("", [])]
    for line in map(str.strip, lyrics.splitlines()):
        if heading := SECTION.fullmatch(line):
            sections.append((heading[1], []))
        elif line:
            sections[-1][1].append(line)
    return [(heading, lines) for heading, lines in sections if heading or lines]
