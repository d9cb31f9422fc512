"""The scheduler: which task runs how often, from the settings."""

import asyncio

from taskiq import ScheduledTask, ScheduleSource, TaskiqScheduler
from taskiq.api import run_scheduler_task

from server.pipeline.broker import CountingBroker
from server.pipeline.overdue import read_intervals_s
from server.pipeline.task_queue import BrokerTaskQueue
from server.pipeline.tasks import TASKS
from server.process.heartbeat import touch_heartbeat
from server.settings import Settings


class Timetable(ScheduleSource):
    """The schedules from the settings; interval tasks also run once at start-up."""

    def __init__(self, settings: Settings) -> None:
        self._intervals_s = read_intervals_s(settings)
        # Tasks that run at a time of day (UTC) instead of at an interval.
        self._crons = {"cleanup_old_files": f"0 {settings.cleanup_hour} * * *"}

    async def get_schedules(self) -> list[ScheduledTask]:
        """Their ids are fixed, so that a second scheduler has the same schedules."""
        return [
            _schedule(name, cron=self._crons[name])
            if name in self._crons
            else _schedule(name, interval=interval_s)
            for name, interval_s in self._intervals_s.items()
        ]


class EnqueueingScheduler(TaskiqScheduler):
    """Enqueues due tasks; an unreachable broker neither stops nor delays it."""

    def __init__(self, broker: CountingBroker, settings: Settings) -> None:
        super().__init__(broker, [Timetable(settings)])
        self._task_queue = BrokerTaskQueue(broker)
        self._heartbeat_file = settings.heartbeat_file

    async def on_ready(self, _source: ScheduleSource, task: ScheduledTask) -> None:
        await self._task_queue.enqueue(task.task_name)
        touch_heartbeat(self._heartbeat_file)


async def run_schedule(broker: CountingBroker, settings: Settings, stop: asyncio.Event) -> None:
    """Enqueue scheduled tasks when they are due, until `stop` is set."""
    scheduler = EnqueueingScheduler(broker, settings)
    clock = asyncio.create_task(run_scheduler_task(scheduler))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({clock, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if clock.done():
        clock.result()
    clock.cancel()


def _schedule(name: str, *, interval: int | None = None, cron: str | None = None) -> ScheduledTask:
    return ScheduledTask(
        task_name=name,
        labels=dict(TASKS[name].labels),
        args=[],
        kwargs={},
        schedule_id=name,
        interval=interval,
        cron=cron,
    )
