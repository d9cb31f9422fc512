"""What pages show without JavaScript, and to programs that read them."""

from dataclasses import dataclass
from typing import Final

from server.services import Services
from server.storage.urls import poster_url, preview_url
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission
from server.submissions.queue_order import SHOWN_AS_QUEUED
from server.web.routes.results import SongResult, read_song

MISSING: Final = "missing"
EXPIRED: Final = "expired"


@dataclass(frozen=True)
class PlainPage:
    """A submission for the templates: `state` is a stage, MISSING or EXPIRED.

    `song` is set once it is ready, `poster_url` and `preview_url` once the preview is made.
    """

    state: str
    song: SongResult | None = None
    poster_url: str | None = None
    preview_url: str | None = None
    failure_reason: str | None = None


async def describe(services: Services, submission: Submission | None) -> PlainPage:
    """Describe a submission; None stands for an unknown one."""
    if submission is None:
        return PlainPage(MISSING)
    if submission.expired_at is not None:
        return PlainPage(EXPIRED)
    stage = Stage(submission.stage)
    if stage is Stage.READY:
        return PlainPage(stage, await read_song(services, submission))
    session_id = submission.session_id
    is_made = submission.preview_path is not None
    return PlainPage(
        Stage.QUEUED if stage in SHOWN_AS_QUEUED else stage,
        poster_url=poster_url(session_id) if is_made else None,
        preview_url=preview_url(session_id, services.settings.main_format) if is_made else None,
        failure_reason=submission.failure_reason,
    )
