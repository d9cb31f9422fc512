"""Workers make up for missed scheduled tasks, on both databases."""

import asyncio
from datetime import timedelta

import pytest

from server.clock import now
from server.pipeline.broker import Queue, create_brokers
from server.pipeline.overdue import enqueue_overdue
from server.pipeline.schedule import Timetable
from server.pipeline.task_queue import BrokerTaskQueue
from server.pipeline.worker import work
from server.services import Services
from server.submissions.model import ScheduledRun
from tests.integration.task_queue import RecordingTaskQueue
from tests.servers import wait_until

DAY = timedelta(days=1)


async def names_by_the_clock(services: Services) -> set[str]:
    schedules = await Timetable(services.settings).get_schedules()
    return {schedule.task_name for schedule in schedules}


async def enqueued_for(services: Services, lookers: int = 1) -> list[str]:
    """Let workers look for overdue tasks, all at once; return what they enqueued."""
    assert isinstance(services.task_queue, RecordingTaskQueue)
    services.task_queue.enqueued.clear()
    await asyncio.gather(*(enqueue_overdue(services) for _ in range(lookers)))
    return sorted(task_name for task_name, _ in services.task_queue.enqueued)


@pytest.mark.fault(109)
async def test_what_a_dead_scheduler_leaves_is_enqueued_once(
    services: Services,
) -> None:
    assert await enqueued_for(services) == [], "on a new site nothing is due"
    await ScheduledRun.all().update(ran_at=now() - 2 * DAY)

    assert await enqueued_for(services, lookers=10) == sorted(await names_by_the_clock(services))
    assert await enqueued_for(services, lookers=10) == []


@pytest.mark.fault(109)
@pytest.mark.parametrize(("hours", "is_enqueued"), [(24.5, False), (25.5, True)])
async def test_a_clean_up_is_overdue_after_a_day_and_an_hour(
    services: Services, hours: float, is_enqueued: bool
) -> None:
    await enqueued_for(services)
    name = "cleanup_old_files"
    await ScheduledRun.filter(task_name=name).update(ran_at=now() - timedelta(hours=hours))

    assert await enqueued_for(services) == [name] * is_enqueued


@pytest.mark.fault(109)
async def test_a_task_that_was_enqueued_but_did_not_run_is_enqueued_again(
    services: Services,
) -> None:
    await enqueued_for(services)
    await ScheduledRun.filter(task_name="sweep").update(ran_at=now() - DAY)
    assert await enqueued_for(services) == ["sweep"]
    [noted] = await ScheduledRun.filter(task_name="sweep")

    # As if a worker's interval between two checks had passed.
    grace = timedelta(seconds=4 * services.settings.sweep_interval + 1)
    await ScheduledRun.filter(task_name="sweep").update(ran_at=noted.ran_at - grace)

    assert await enqueued_for(services) == ["sweep"]


@pytest.mark.fault(109)
async def test_a_worker_checks_at_its_start_and_records_what_it_runs(
    services: Services,
) -> None:
    assert isinstance(services.task_queue, RecordingTaskQueue)
    await enqueued_for(services)
    long_ago = now() - 2 * DAY
    await ScheduledRun.all().update(ran_at=long_ago)
    names = await names_by_the_clock(services)
    stop = asyncio.Event()
    broker = create_brokers(services.settings)[Queue.DEFAULT]
    worker = asyncio.create_task(work(services, broker, Queue.DEFAULT, stop))
    enqueued = services.task_queue.enqueued
    await wait_until(lambda: names <= {task_name for task_name, _ in enqueued})

    await ScheduledRun.all().update(ran_at=long_ago)
    for name in names:
        await BrokerTaskQueue(broker).enqueue(name)

    async def are_noted() -> bool:
        return not await ScheduledRun.filter(ran_at__lt=now() - DAY / 2).exists()

    # The balance cannot be read here; that counts as a run, because the service is down.
    await wait_until(are_noted)
    stop.set()
    await worker
