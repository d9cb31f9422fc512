"""What runs by the clock: it rings lost doorbells again and ends what will never end by itself.

All of it is idempotent, so two schedulers do no harm; nothing in the normal path waits for it.
"""

from datetime import timedelta
from typing import Final

import structlog

from server.clock import now
from server.errors import SongServiceError
from server.log import short_id
from server.pipeline.leases import is_free
from server.pipeline.ordering import UNKNOWN_OUTCOME
from server.services import Services
from server.storage import StorageUnavailable
from server.submissions import account, presses, transitions
from server.submissions.lifecycle import WORKING_STAGES, FailureReason, Stage
from server.submissions.model import GenerationAttempt, Submission
from server.submissions.room import log_room

RINGS_PER_SWEEP: Final = 100

logger = structlog.get_logger(__name__)


async def sweep(services: Services) -> None:
    """Ring for every row that is due and that nobody holds: its ring or its worker was lost."""
    ring = services.doorbell.ring
    forgotten = Submission.filter(is_free(now()), stage__in=WORKING_STAGES).order_by("next_run_at")
    for row in await forgotten.limit(RINGS_PER_SWEEP).only("session_id", "stage"):
        await ring(transitions.TASK_OF[Stage(row.stage)], row.session_id)
    for row in await presses.due().limit(RINGS_PER_SWEEP).only("session_id"):
        await ring("press_record", row.session_id)
    for session_id in await _unheard_reports():
        await ring(transitions.TASK_OF[Stage.COMPOSING], session_id)
    if await Submission.exists(is_free(now()), stage=Stage.QUEUED):
        await ring("process_pending_queue")


async def check_credits(services: Services) -> None:
    """Read the balance and keep it with its age; a balance that cannot be read changes nothing."""
    try:
        credits_left = await services.songs.read_credits()
    except SongServiceError as error:
        logger.error("credits_unknown", reason=str(error))
        return
    await account.keep_balance(services, credits_left, now())


async def check_timeouts(services: Services) -> None:
    """Fail the submissions whose song has been under way for longer than anybody waits."""
    limit = timedelta(minutes=services.settings.webhook_timeout_minutes)
    overdue = Submission.filter(stage=Stage.COMPOSING, sent_to_LLM__lt=now() - limit)
    for row in await overdue.only("session_id"):
        logger.warning("generation_timed_out", session_id=short_id(row.session_id))
        await transitions.fail(
            services,
            row.session_id,
            FailureReason.TIMEOUT,
            leaving=Stage.COMPOSING,
            llm_status="timeout",
        )


async def check_storage(services: Services) -> None:
    """Log how full the storage is; one that cannot be looked at is an error."""
    try:
        await log_room(services)
    except StorageUnavailable as error:
        logger.error("storage_unknown", reason=str(error))


async def _unheard_reports() -> list[str]:
    reported = GenerationAttempt.exclude(reported_task_id=None).filter(UNKNOWN_OUTCOME)
    waiting = Submission.filter(stage__in=(Stage.QUEUED, Stage.SENDING))
    named = {attempt.session_id for attempt in await reported.only("id", "session_id")}
    if not named:
        return []
    return [row.session_id for row in await waiting.filter(session_id__in=named)]
