"""The row as a waiting page sees it, read afresh at each call."""

import math
from datetime import datetime
from typing import Final

from tortoise.expressions import Q

from realtime.events import Snapshot
from server.clock import now, to_wire
from server.services import Services
from server.storage import film_name
from server.submissions.forecast import read_forecast
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission

SHOWN_AS_QUEUED: Final = (Stage.QUEUED, Stage.SENDING)

# Each stage owns a part of the bar. Within it, time brings the bar closer to the end without ever
# reaching it, so that neither a slow song nor a later stage makes it fall.
PROGRESS_OF: Final = {
    Stage.QUEUED: (0.02, 0.08, 120.0),
    Stage.SENDING: (0.08, 0.10, 10.0),
    Stage.COMPOSING: (0.10, 0.78, 60.0),
    Stage.DOWNLOADING: (0.78, 0.85, 5.0),
    Stage.RENDERING: (0.85, 0.99, 5.0),
    Stage.READY: (1.0, 1.0, 1.0),
    Stage.FAILED: (1.0, 1.0, 1.0),
}
"""Stage -> where its part begins, where it ends, and the seconds after which 63 % of it is full."""


async def read_snapshot(services: Services, session_id: str) -> Snapshot | None:
    """Return the present snapshot of a submission, or None when there is none by that id."""
    submission = await Submission.get_or_none(session_id=session_id)
    if submission is None:
        return None
    stage = Stage(submission.stage)
    position = await _queue_position(submission) if stage in SHOWN_AS_QUEUED else None
    preview = film_name(session_id, services.settings.main_format)
    return Snapshot(
        session_id=submission.session_id,
        version=submission.version,
        status=submission.entry_status,
        stage=(Stage.QUEUED if stage in SHOWN_AS_QUEUED else stage).value,
        progress=_progress(stage, submission.stage_since),
        queue_position=position,
        eta_seconds=await _eta(submission, position, services.settings.max_concurrent_requests),
        preview_url=f"/storage/preview/{preview}.mp4" if submission.preview_path else None,
        failure_reason=submission.failure_reason,
        created_at=to_wire(submission.created_at),
    )


async def _queue_position(submission: Submission) -> int:
    # A row that is being ordered keeps its place: it may come back, and must push nobody back then.
    upto = Submission.filter(stage__in=SHOWN_AS_QUEUED, created_at__lte=submission.created_at)
    is_not_behind = Q(created_at__lt=submission.created_at) | Q(
        session_id__lte=submission.session_id
    )
    return max(1, await upto.filter(is_not_behind).count())


def _progress(stage: Stage, since: datetime) -> float:
    start, end, pace_s = PROGRESS_OF[stage]
    elapsed_s = max(0.0, (now() - since).total_seconds())
    return round(start + (end - start) * (1 - math.exp(-elapsed_s / pace_s)), 3)


async def _eta(submission: Submission, position: int | None, slots: int) -> tuple[int, int] | None:
    stage = Stage(submission.stage)
    if stage in (Stage.READY, Stage.FAILED):
        return None
    forecast = await read_forecast()
    if forecast is None:
        return None
    # Finishing begins when the song is there, and goes over two stages.
    since = submission.received_from_LLM or submission.stage_since
    elapsed_s = max(0.0, (now() - since).total_seconds())
    return forecast.remaining(stage, elapsed_s, position, slots)
