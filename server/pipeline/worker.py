"""A worker: listens to one queue with a bounded number of tasks, until it is told to stop.

The same in a process of its own and inside `petsong serve`.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import structlog
from taskiq import AsyncBroker, TaskiqMessage, TaskiqResult
from taskiq.acks import AckController
from taskiq.exceptions import NoResultError
from taskiq.receiver import Receiver

from server.clock import now
from server.database.connection import TROUBLE
from server.pipeline.broker import Queue
from server.pipeline.overdue import RunNotes, stand_in
from server.process.heartbeat import touch_heartbeat
from server.services import Services, TaskQueue
from server.submissions.model import WorkerHeartbeat

HEARTBEAT_S: Final = 5.0
DRAIN_S: Final = 6.0
HAND_BACK_S: Final = 2.0
ORDER_SLACK_S: Final = 5.0
NEVER_CUT_SHORT: Final = frozenset({"send_to_sonauto"})
FAREWELL_S: Final = 1.0

logger = structlog.get_logger(__name__)


class DrainingReceiver(Receiver):
    """Taskiq's Receiver, which also knows the tasks in hand and can hand them back."""

    def __init__(self, broker: AsyncBroker, limit: int) -> None:
        super().__init__(broker, max_async_tasks=limit, wait_tasks_timeout=DRAIN_S)
        self._running: dict[asyncio.Task[Any], TaskiqMessage] = {}

    async def run_task(
        self,
        target: Callable[..., Any],
        message: TaskiqMessage,
        ack_controller: AckController | None = None,
    ) -> TaskiqResult[Any]:
        """Run one task, known to `hand_back` meanwhile."""

        async def run(*arguments: Any, **options: Any) -> Any:
            try:
                return await target(*arguments, **options)
            except asyncio.CancelledError as error:
                # To Taskiq anything else would be a failure, worth an error with its traceback.
                raise NoResultError from error

        task = asyncio.current_task()
        assert task is not None
        self._running[task] = message
        try:
            return await super().run_task(run, message, ack_controller)
        finally:
            del self._running[task]

    async def hand_back(self, task_queue: TaskQueue, order_timeout_s: float) -> None:
        """Cancel what has not ended in time, and ring for it again once its lease is given back.

        So another worker goes on at once, and neither the sweeper nor a lease is waited for. An
        order that is under way is left to end: cut off, nobody would know whether it was paid for.
        """
        orders = {task for task, one in self._running.items() if one.task_name in NEVER_CUT_SHORT}
        cut_short = {task: one for task, one in self._running.items() if task not in orders}
        for task in cut_short:
            task.cancel()
        if cut_short:
            await asyncio.wait(cut_short, timeout=HAND_BACK_S)
            # Side by side, so that a silent Redis costs a second and not one for each.
            messages = cut_short.values()
            await asyncio.gather(
                *(task_queue.enqueue(one.task_name, *one.args) for one in messages)
            )
            logger.info("tasks_handed_back", tasks=[one.task_name for one in messages])
        if orders:
            logger.info("orders_awaited", orders=len(orders))
            await asyncio.wait(orders, timeout=order_timeout_s)


async def work(services: Services, broker: AsyncBroker, queue: Queue, stop: asyncio.Event) -> None:
    """Run the tasks of `queue` until `stop` is set.

    Then the tasks in hand have 6 s to end. What has not is cancelled and handed back; an order has
    as long as the song service may take to answer it.
    Raises RenderError where no render could ever succeed.
    """
    choice = await services.renders.start()
    settings = services.settings
    is_render = queue is Queue.RENDER
    row: dict[str, Any] = {"queue": queue.value}
    if is_render:
        row |= {"encoder": choice.encoder, "encoder_fallback": choice.fallback}
    broker.is_worker_process = True
    broker.state.services = services
    limit = settings.render_concurrency if is_render else settings.task_concurrency
    broker.add_middlewares(RunNotes(settings))
    receiver = DrainingReceiver(broker, limit)
    name = f"{queue.value}:{socket.gethostname()}:{os.getpid()}"
    heartbeat = asyncio.create_task(_beat(name, row, settings.heartbeat_file))
    standing_in = asyncio.create_task(stand_in(services))
    if is_render and choice.fallback:
        logger.warning("encoder_fallback", encoder=choice.encoder, reason=choice.fallback)
    logger.info("worker_started", **row)
    try:
        await receiver.listen(stop)
    finally:
        standing_in.cancel()
        await receiver.hand_back(
            services.task_queue, settings.api_request_timeout_seconds + ORDER_SLACK_S
        )
        await services.task_queue.finish()
        heartbeat.cancel()
        with contextlib.suppress(*TROUBLE):
            async with asyncio.timeout(FAREWELL_S):
                await WorkerHeartbeat.filter(name=name).delete()
        await broker.shutdown()
        logger.info("worker_stopped", queue=queue.value)


async def _beat(name: str, row: Mapping[str, Any], file: Path | None) -> None:
    while True:
        try:
            await WorkerHeartbeat.update_or_create(defaults={**row, "beat_at": now()}, name=name)
            touch_heartbeat(file)
        except TROUBLE:
            logger.critical("heartbeat_missed", queue=row["queue"])
        await asyncio.sleep(HEARTBEAT_S)
