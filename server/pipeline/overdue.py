"""Records when scheduled tasks last ran, so that workers can enqueue overdue ones.

This covers a dead scheduler and a site that was down at CLEANUP_HOUR. All scheduled tasks are
idempotent, so enqueueing one twice does no harm.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import structlog
from taskiq import TaskiqMessage, TaskiqMiddleware, TaskiqResult

from server.clock import now
from server.database.connection import TROUBLE
from server.services import Services
from server.settings import Settings
from server.submissions.model import ScheduledRun

SWEEPS_PER_CHECK: Final = 4
"""A worker looks for overdue tasks this many times less often than the scheduler sweeps."""
DAY_S: Final = 24 * 60 * 60

logger = structlog.get_logger(__name__)


def read_intervals_s(settings: Settings) -> Mapping[str, int]:
    """Seconds between two runs, by the name of the scheduled task."""
    return {
        "process_pending_queue": settings.queue_processor_interval,
        "check_credits": settings.credits_check_interval,
        "check_storage": settings.storage_check_interval,
        "check_timeouts": settings.timeout_check_interval,
        "sweep": settings.sweep_interval,
        "cleanup_old_files": DAY_S,
    }


class RunRecorder(TaskiqMiddleware):
    """Records each successful run of a scheduled task, whoever enqueued it."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._intervals_s = read_intervals_s(settings)

    async def post_execute(self, message: TaskiqMessage, result: TaskiqResult[Any]) -> None:
        """Record the run; if the database fails, the next run will be recorded."""
        interval_s = self._intervals_s.get(message.task_name)
        if interval_s is None or result.is_err:
            return
        # The queue is also processed on every arrival; half an interval spares the row those
        # writes.
        recorded_before = now() - timedelta(seconds=interval_s / 2)
        run = ScheduledRun.filter(task_name=message.task_name, ran_at__lt=recorded_before)
        try:
            await run.update(ran_at=now())
        except TROUBLE as error:
            reason = type(error).__name__
            logger.warning("run_not_recorded", task=message.task_name, reason=reason)


async def keep_enqueueing_overdue(services: Services) -> None:
    """Enqueue overdue tasks, now and then every few sweep intervals, until cancelled."""
    while True:
        try:
            await enqueue_overdue(services)
        except TROUBLE as error:
            logger.warning("overdue_tasks_unknown", reason=type(error).__name__)
        await asyncio.sleep(_pause_s(services.settings))


async def enqueue_overdue(services: Services) -> None:
    """Enqueue each overdue task; if several workers look at once, only one of them does."""
    for task_name, interval_s in read_intervals_s(services.settings).items():
        grace_s = max(_pause_s(services.settings), interval_s / 24)
        if await _claim(task_name, timedelta(seconds=interval_s), timedelta(seconds=grace_s)):
            logger.warning("task_overdue", task=task_name)
            await services.task_queue.enqueue(task_name)


async def _claim(task_name: str, interval: timedelta, grace: timedelta) -> bool:
    # A task that never ran counts as run now, so nothing is due on a new site before an interval
    # has passed.
    await ScheduledRun.get_or_create(defaults={"ran_at": now()}, task_name=task_name)
    moment = now()
    overdue = ScheduledRun.filter(task_name=task_name, ran_at__lt=moment - interval - grace)
    # Not recorded as run: if this message is lost or the run is killed, the task is overdue again
    # soon.
    return await overdue.update(ran_at=moment - interval) == 1


def _pause_s(settings: Settings) -> int:
    return SWEEPS_PER_CHECK * settings.sweep_interval
