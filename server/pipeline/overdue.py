"""What runs by the clock is noted when it has run, and the workers ring for what is overdue.

Nobody may notice that the only scheduler is dead, and at 03:00 the whole site may be down. All of
it is idempotent, so that what is rung twice does no harm.
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

SWEEPS_LEFT_OUT: Final = 4
"""How much less often than the scheduler has the sweep rung a worker looks for what is overdue."""
DAY_S: Final = 24 * 60 * 60

logger = structlog.get_logger(__name__)


def read_intervals_s(settings: Settings) -> Mapping[str, int]:
    """Return the seconds between two runs of each task that runs by the clock, by its name."""
    return {
        "process_pending_queue": settings.queue_processor_interval,
        "check_credits": settings.credits_check_interval,
        "check_storage": settings.storage_check_interval,
        "check_timeouts": settings.timeout_check_interval,
        "sweep": settings.sweep_interval,
        "cleanup_old_files": DAY_S,
    }


class RunNotes(TaskiqMiddleware):
    """Notes each run that came to its end, whoever rang for it."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._intervals_s = read_intervals_s(settings)

    async def post_execute(self, message: TaskiqMessage, result: TaskiqResult[Any]) -> None:
        """Note a run; trouble with the database is left to the next one."""
        interval_s = self._intervals_s.get(message.task_name)
        if interval_s is None or result.is_err:
            return
        # The queue is also served whenever somebody comes; half an interval spares the row that.
        noted_before = now() - timedelta(seconds=interval_s / 2)
        run = ScheduledRun.filter(task_name=message.task_name, ran_at__lt=noted_before)
        try:
            await run.update(ran_at=now())
        except TROUBLE as error:
            reason = type(error).__name__
            logger.warning("run_not_noted", task=message.task_name, reason=reason)


async def stand_in(services: Services) -> None:
    """Ring for what is overdue, at once and then every few sweeps, until cancelled."""
    while True:
        try:
            await enqueue_overdue(services)
        except TROUBLE as error:
            logger.warning("overdue_tasks_unknown", reason=type(error).__name__)
        await asyncio.sleep(_pause_s(services.settings))


async def enqueue_overdue(services: Services) -> None:
    """Ring for each task that should have run some time ago; of many at once, one does."""
    for task_name, interval_s in read_intervals_s(services.settings).items():
        grace_s = max(_pause_s(services.settings), interval_s / 24)
        if await _claim(task_name, timedelta(seconds=interval_s), timedelta(seconds=grace_s)):
            logger.warning("task_overdue", task=task_name)
            await services.task_queue.enqueue(task_name)


async def _claim(task_name: str, interval: timedelta, grace: timedelta) -> bool:
    # What a new site has never run counts as run: nothing is due before an interval has passed.
    await ScheduledRun.get_or_create(defaults={"ran_at": now()}, task_name=task_name)
    moment = now()
    overdue = ScheduledRun.filter(task_name=task_name, ran_at__lt=moment - interval - grace)
    # Not noted as run: should this ring be lost or the run be killed, it is overdue again soon.
    return await overdue.update(ran_at=moment - interval) == 1


def _pause_s(settings: Settings) -> int:
    return SWEEPS_LEFT_OUT * settings.sweep_interval
