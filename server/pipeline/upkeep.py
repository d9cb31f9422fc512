"""What runs by the clock: it rings lost doorbells again and ends what will never end by itself.

All of it is idempotent, so two schedulers do no harm; nothing in the normal path waits for it.
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
    """Ring for every row that is due and that nobody holds: its ring or its worker was lost.

    Each stage has its share, and a queue is rung for only as far as it lacks messages: rows that
    nobody can serve at present keep neither the others nor the queue from going on.
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
    for session_id in await _unheard_reports():
        await services.task_queue.enqueue(transitions.TASK_OF[Stage.COMPOSING], session_id)
    if await Submission.exists(is_free(moment), stage=Stage.QUEUED):
        await services.task_queue.enqueue("process_pending_queue")


async def _pick(services: Services, lost: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Return what to ring for: in each queue as many as have no message there, from each task."""
    tasks_of: dict[str, list[str]] = {}
    for task_name in lost:
        tasks_of.setdefault(services.task_queue.queue_of(task_name), []).append(task_name)
    picked: list[tuple[str, str]] = []
    for queue, tasks in tasks_of.items():
        columns = ([(task, session_id) for session_id in lost[task]] for task in tasks)
        in_turn = [ring for rings in zip_longest(*columns) for ring in rings if ring is not None]
        if in_turn:
            lacking = len(in_turn) - await services.task_queue.count_waiting(queue)
            picked += in_turn[: max(0, lacking)]
    return picked


async def check_credits(services: Services) -> None:
    """Read the balance and keep it with its age; a balance that cannot be read changes nothing."""
    try:
        credits_left = await services.songs.read_credits()
    except SongServiceError as error:
        logger.error("credits_unknown", reason=str(error))
        return
    await account.keep_balance(services, credits_left, now())


async def check_timeouts(services: Services) -> None:
    """Have the songs asked for that are under way for longer than anybody waits.

    They fail if the service says that they still are: see `fetching.py`.
    """
    moment = now()
    limit = timedelta(minutes=services.settings.webhook_timeout_minutes)
    overdue = Submission.filter(stage=Stage.COMPOSING, sent_to_LLM__lt=moment - limit)
    await overdue.filter(next_run_at__gt=moment).update(next_run_at=moment)
    oldest = overdue.filter(is_free(moment)).order_by("sent_to_LLM").limit(ENQUEUED_PER_SWEEP)
    for row in await oldest.only("session_id"):
        await services.task_queue.enqueue(transitions.TASK_OF[Stage.COMPOSING], row.session_id)


async def check_storage(services: Services) -> None:
    """Log how full the storage is; one that cannot be looked at is an error."""
    try:
        await log_usage(services)
    except StorageUnavailable as error:
        logger.error("storage_unknown", reason=str(error))


async def _unheard_reports() -> list[str]:
    reported = GenerationAttempt.exclude(reported_task_id=None).filter(UNKNOWN_OUTCOME)
    named = Subquery(reported.values("session_id"))
    waiting = Submission.filter(stage__in=(Stage.QUEUED, Stage.SENDING), session_id__in=named)
    rows = await waiting.order_by("created_at").limit(ENQUEUED_PER_SWEEP).only("session_id")
    return [row.session_id for row in rows]
