"""The only writer of a submission's stage and status.

Every move is one UPDATE, guarded by the allowed source stages and, for work under a lease, by its
fence. If it changes no row, somebody else was faster, which is not an error. After the commit,
first the next task is enqueued, then the visitor is notified.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import structlog
from tortoise.exceptions import IntegrityError
from tortoise.expressions import F, Q
from tortoise.transactions import in_transaction

from server.clock import now
from server.database.connection import TROUBLE
from server.logs.log import short_id
from server.process.failpoints import failpoint
from server.services import Services
from server.submissions.account import is_stopped, is_too_low
from server.submissions.lifecycle import (
    OPEN_STAGES,
    SLOT_STAGES,
    STATUS_OF,
    FailureReason,
    Stage,
    sources,
)
from server.submissions.model import SongAccount, Submission
from server.submissions.phases import log_end
from server.submissions.snapshot import read_snapshot

TASK_OF: Final[Mapping[Stage, str]] = {
    Stage.SENDING: "send_to_sonauto",
    Stage.COMPOSING: "fetch_generation_details",
    Stage.DOWNLOADING: "download_audio",
    Stage.RENDERING: "create_video",
}
"""The task enqueued on entering a stage, unless due later; the sweep repeats it until the end."""

FREES_A_SLOT: Final = frozenset(
    target for target in Stage if target not in SLOT_STAGES and sources(target) & SLOT_STAGES
)
"""The stages in which a submission has just given up its slot."""

logger = structlog.get_logger(__name__)


async def claim_slots(services: Services, *, is_probe: bool = False) -> list[str]:
    """Move the oldest queued submissions to `sending`, as many as there are free slots.

    With `is_probe`, one is moved although orders are stopped; the caller must have claimed the
    probe. Returns the session ids; none while orders are stopped or credits are too low. Slots are
    counted under a row lock, so that parallel callers never claim more than there are.
    """
    moment = now()
    claimed: list[str] = []
    async with in_transaction() as connection:
        account = await SongAccount.all().using_db(connection).select_for_update().get(id=1)
        if is_too_low(account.credits, services.settings):
            return []
        if not is_probe and is_stopped(account, moment):
            return []
        rows = Submission.all().using_db(connection)
        # An overdue song no longer occupies a slot; perhaps the service just cannot be polled.
        longest = timedelta(minutes=services.settings.webhook_timeout_minutes)
        composing = Q(stage=Stage.COMPOSING, sent_to_LLM__gt=moment - longest)
        occupied = await rows.filter(Q(stage=Stage.SENDING) | composing).count()
        free = services.settings.max_concurrent_requests - occupied
        free = min(free, 1) if is_probe else free
        if free <= 0:
            return []
        queued = rows.filter(stage=Stage.QUEUED)
        if is_probe:
            # A failed probe is due later, so that another submission probes each time.
            waiting = queued.order_by("next_run_at", "created_at", "session_id")
        else:
            due = queued.filter(next_run_at__lte=moment)
            waiting = due.order_by("created_at", "session_id")
        oldest = waiting.limit(free)
        for submission in await oldest.only("session_id"):
            session_id = submission.session_id
            if await queued.filter(session_id=session_id).update(**_columns(Stage.SENDING)):
                claimed.append(session_id)
    for session_id in claimed:
        await services.task_queue.enqueue(TASK_OF[Stage.SENDING], session_id)
    return claimed


async def requeue(services: Services, session_id: str, *, fence: int, delay_s: float) -> bool:
    """Put a submission whose request bought nothing back into the queue, due after `delay_s`."""
    changes = {"next_run_at": now() + timedelta(seconds=delay_s)}
    return await _move(services, session_id, Stage.QUEUED, fence=fence, changes=changes)


async def start_composing(
    services: Services, session_id: str, task_id: str, *, fence: int | None = None
) -> bool:
    """Record that the song service accepted the order as `task_id`.

    Without a fence this adopts a song that only a webhook reported, which is therefore due for
    polling at once. False if the row has moved on or `task_id` belongs to another submission.
    """
    moment = now()
    poll_s = services.settings.generation_poll_interval if fence is not None else 0
    changes = {
        "LLM_task_id": task_id,
        "sent_to_LLM": moment,
        "next_run_at": moment + timedelta(seconds=poll_s),
    }
    try:
        return await _move(services, session_id, Stage.COMPOSING, fence=fence, changes=changes)
    except IntegrityError:
        logger.warning("generation_belongs_to_another", session_id=short_id(session_id))
        return False


async def start_downloading(
    services: Services, session_id: str, *, fence: int, song_url: str, lyrics: str, response: str
) -> bool:
    """Store the finished generation and move on to its song file."""
    changes = {
        "received_from_LLM": now(),
        "LLM_status": "success",
        "LLM_response": song_url,
        "LLM_full_response": response,
        "lyrics": lyrics,
    }
    return await _move(services, session_id, Stage.DOWNLOADING, fence=fence, changes=changes)


async def start_rendering(services: Services, session_id: str, *, fence: int) -> bool:
    """Record that the song file is in place and move on to the video."""
    changes = {
        "generated_song_path": str(services.storage.song(session_id)),
        "downloaded_at": now(),
    }
    return await _move(services, session_id, Stage.RENDERING, fence=fence, changes=changes)


async def succeed(
    services: Services,
    session_id: str,
    *,
    fence: int,
    encoder: str,
    fallback: str | None,
    timings: Mapping[str, float] | None = None,
) -> bool:
    """Publish the finished video; store its encoder, the reason for a fallback, and timings."""
    video = services.storage.video(session_id, services.settings.main_format)
    changes = {
        "generated_video_path": str(video),
        "video_creation_end": now(),
        "video_encoder": encoder,
        "video_encoder_fallback": fallback,
        "video_timings": json.dumps(timings) if timings else None,
    }
    return await _move(services, session_id, Stage.READY, fence=fence, changes=changes)


async def fail(
    services: Services,
    session_id: str,
    reason: FailureReason,
    *,
    leaving: Stage,
    message: str | None = None,
    fence: int | None = None,
    llm_status: str | None = None,
) -> bool:
    """Fail a submission that is in stage `leaving`; False if it has moved on.

    The row keeps its number of attempts, by which `poison.py` finds submissions that killed
    workers. `message` tells operators why.
    """
    changes: dict[str, Any] = {
        "failure_reason": reason,
        "failure_message": message,
        "attempts": F("attempts"),
    }
    if llm_status is not None:
        changes["LLM_status"] = llm_status
    return await _move(
        services, session_id, Stage.FAILED, fence=fence, leaving=leaving, changes=changes
    )


async def show_preview(services: Services, session_id: str) -> None:
    """Record that the preview is there and notify the waiting page; the stage does not change."""
    path = str(services.storage.preview(session_id, services.settings.main_format))
    unshown = Submission.filter(session_id=session_id, preview_path=None, expired_at=None)
    if await unshown.update(preview_path=path, version=F("version") + 1):
        await announce(services, session_id)


async def announce(services: Services, session_id: str) -> None:
    """Publish the current snapshot to everyone who watches the submission."""
    snapshot = await read_snapshot(services, session_id)
    if snapshot is not None:
        await services.publisher.publish(snapshot)


async def _move(
    services: Services,
    session_id: str,
    target: Stage,
    *,
    fence: int | None,
    changes: Mapping[str, Any],
    leaving: Stage | None = None,
) -> bool:
    rows = Submission.filter(session_id=session_id, stage__in=sources(target))
    if leaving is not None:
        rows = rows.filter(stage=leaving)
    if fence is not None:
        rows = rows.filter(fence=fence)
    columns = _columns(target) | dict(changes)
    if not await rows.update(**columns):
        return False
    failpoint(f"after_{target.value}")
    logger.info("submission_moved", session_id=short_id(session_id), stage=target.value)
    if target in TASK_OF and columns["next_run_at"] <= now():
        await services.task_queue.enqueue(TASK_OF[target], session_id)
    if target in FREES_A_SLOT:
        await services.task_queue.enqueue("process_pending_queue")
    try:
        if target not in OPEN_STAGES:
            await log_end(session_id)
        await announce(services, session_id)
    except TROUBLE as error:
        # The move is committed, so the caller must not see this as its failure.
        logger.warning("move_not_announced", session_id=short_id(session_id), reason=repr(error))
    return True


def _columns(target: Stage) -> dict[str, Any]:
    moment = now()
    return {
        "stage": target,
        "entry_status": STATUS_OF[target],
        "stage_since": moment,
        "version": F("version") + 1,
        "attempts": 0,
        "lease_until": None,
        "next_run_at": moment,
    }
