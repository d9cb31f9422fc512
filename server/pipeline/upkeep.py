"""Scheduled upkeep: enqueues lost tasks again and checks time-outs, credits and storage.

All of it is idempotent, so two schedulers do no harm; nothing in the normal flow waits for it.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import zip_longest
from typing import Final

import structlog
from tortoise.expressions import Subquery

from server.clock import now
from server.errors import SongServiceError
from server.pipeline import preview_attempts
from server.pipeline.attempts import UNKNOWN_OUTCOME
from server.pipeline.leases import is_free
from server.services import Services
from server.storage import StorageUnavailable
from server.submissions import account, transitions
from server.submissions.capacity import log_usage
from server.submissions.lifecycle import WORKING_STAGES, Stage
from server.submissions.model import GenerationAttempt, Submission

ENQUEUED_PER_SWEEP: Final = 100

logger = structlog.get_logger(__name__)


async def sweep(services: Services) -> None:
    """Enqueue every due row that is not leased: its message or its worker was lost.

    Each stage gets its share, and each queue is only topped up by the messages it lacks, so rows
    that cannot be served at present block neither other stages nor the queue.
    """
    moment = now()
    lost: dict[str, list[str]] = {}
    for stage in sorted(WORKING_STAGES):
        due = Submission.filter(is_free(moment), stage=stage).order_by("next_run_at")
        rows = await due.limit(ENQUEUED_PER_SWEEP).only("session_id")
        lost[transitions.TASK_OF[stage]] = [row.session_id for row in rows]
    without_preview = await preview_attempts.due().limit(ENQUEUED_PER_SWEEP).only("session_id")
    lost["make_preview"] = [row.session_id for row in without_preview]
    for task_name, session_id in await _pick(services, lost):
        await services.task_queue.enqueue(task_name, session_id)
    for session_id in await _find_unprocessed_reports():
        await services.task_queue.enqueue(transitions.TASK_OF[Stage.COMPOSING], session_id)
    if await Submission.exists(is_free(moment), stage=Stage.QUEUED):
        await services.task_queue.enqueue("process_pending_queue")


async def _pick(services: Services, lost: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Choose the tasks to enqueue: per queue as many as it lacks, taken in turn from each task."""
    tasks_of: dict[str, list[str]] = {}
    for task_name in lost:
        tasks_of.setdefault(services.task_queue.queue_of(task_name), []).append(task_name)
    picked: list[tuple[str, str]] = []
    for queue, tasks in tasks_of.items():
        columns = ([(task, session_id) for session_id in lost[task]] for task in tasks)
        in_turn = [one for row in zip_longest(*columns) for one in row if one is not None]
        if in_turn:
            lacking = len(in_turn) - await services.task_queue.count_waiting(queue)
            picked += in_turn[: max(0, lacking)]
    return picked


async def check_credits(services: Services) -> None:
    """Read and store the balance; if it cannot be read, nothing changes."""
    try:
        credits_left = await services.songs.read_credits()
    except SongServiceError as error:
        logger.error("credits_unknown", reason=str(error))
        return
    await account.store_balance(services, credits_left, now())


async def check_timeouts(services: Services) -> None:
    """Poll for songs that are composing for longer than WEBHOOK_TIMEOUT_MINUTES.

    They fail if the service still reports them unfinished: see `fetching.py`.
    """
    moment = now()
    limit = timedelta(minutes=services.settings.webhook_timeout_minutes)
    overdue = Submission.filter(stage=Stage.COMPOSING, sent_to_LLM__lt=moment - limit)
    await overdue.filter(next_run_at__gt=moment).update(next_run_at=moment)
    oldest = overdue.filter(is_free(moment)).order_by("sent_to_LLM").limit(ENQUEUED_PER_SWEEP)
    for row in await oldest.only("session_id"):
        await services.task_queue.enqueue(transitions.TASK_OF[Stage.COMPOSING], row.session_id)


async def check_storage(services: Services) -> None:
    """Log the storage usage; if it cannot be read, log an error."""
    try:
        await log_usage(services)
    except StorageUnavailable as error:
        logger.error("storage_unknown", reason=str(error))


async def _find_unprocessed_reports() -> list[str]:
    reported = GenerationAttempt.exclude(reported_task_id=None).filter(UNKNOWN_OUTCOME)
    named = Subquery(reported.values("session_id"))
    waiting = Submission.filter(stage__in=(Stage.QUEUED, Stage.SENDING), session_id__in=named)
    rows = await waiting.order_by("created_at").limit(ENQUEUED_PER_SWEEP).only("session_id")
    return [row.session_id for row in rows]
