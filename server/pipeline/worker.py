"""A worker: runs a limited number of tasks from one queue until it is stopped.

It is the same in a process of its own and inside `petsong serve`.
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
from server.pipeline.overdue import RunRecorder, keep_enqueueing_overdue
from server.process.heartbeat import touch_heartbeat
from server.services import Services, TaskQueue
from server.submissions.model import WorkerHeartbeat

HEARTBEAT_S: Final = 5.0
DRAIN_S: Final = 6.0
RELEASE_S: Final = 2.0
ORDER_SLACK_S: Final = 5.0
NEVER_CUT_SHORT: Final = frozenset({"send_to_sonauto"})
DEREGISTER_S: Final = 1.0

logger = structlog.get_logger(__name__)


class DrainingReceiver(Receiver):
    """Taskiq's Receiver that tracks running tasks, so that they can be released at shutdown."""

    def __init__(self, broker: AsyncBroker, limit: int) -> None:
        super().__init__(broker, max_async_tasks=limit, wait_tasks_timeout=DRAIN_S)
        self._running: dict[asyncio.Task[Any], TaskiqMessage] = {}

    async def run_task(
        self,
        target: Callable[..., Any],
        message: TaskiqMessage,
        ack_controller: AckController | None = None,
    ) -> TaskiqResult[Any]:
        """Run one task and track it for `release_tasks`."""

        async def run(*arguments: Any, **options: Any) -> Any:
            try:
                return await target(*arguments, **options)
            except asyncio.CancelledError as error:
                # Taskiq would log any other exception as an error with a traceback.
                raise NoResultError from error

        task = asyncio.current_task()
        assert task is not None
        self._running[task] = message
        try:
            return await super().run_task(run, message, ack_controller)
        finally:
            del self._running[task]

    async def release_tasks(self, task_queue: TaskQueue, order_timeout_s: float) -> None:
        """Cancel tasks that did not finish in time, and re-enqueue them once their leases end.

        Another worker can then continue at once, without waiting for the sweep or for a lease to
        expire. Running orders are not cancelled: nobody would know whether they were paid for.
        """
        orders = {task for task, one in self._running.items() if one.task_name in NEVER_CUT_SHORT}
        cut_short = {task: one for task, one in self._running.items() if task not in orders}
        for task in cut_short:
            task.cancel()
        if cut_short:
            await asyncio.wait(cut_short, timeout=RELEASE_S)
            # In parallel, so that an unresponsive Redis costs one second in total.
            messages = cut_short.values()
            await asyncio.gather(
                *(task_queue.enqueue(one.task_name, *one.args) for one in messages)
            )
            logger.info("tasks_released", tasks=[one.task_name for one in messages])
        if orders:
            logger.info("orders_awaited", orders=len(orders))
            await asyncio.wait(orders, timeout=order_timeout_s)


async def work(services: Services, broker: AsyncBroker, queue: Queue, stop: asyncio.Event) -> None:
    """Run the tasks of `queue` until `stop` is set.

    Running tasks then get six seconds to finish; the rest are cancelled, released and re-enqueued.
    Orders get as long as the song service may take to answer. Raises RenderError if no encoder
    works.
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
    broker.add_middlewares(RunRecorder(settings))
    receiver = DrainingReceiver(broker, limit)
    name = f"{queue.value}:{socket.gethostname()}:{os.getpid()}"
    heartbeat = asyncio.create_task(_beat(name, row, settings.heartbeat_file))
    overdue_watch = asyncio.create_task(keep_enqueueing_overdue(services))
    if is_render and choice.fallback:
        logger.warning("encoder_fallback", encoder=choice.encoder, reason=choice.fallback)
    logger.info("worker_started", **row)
    try:
        await receiver.listen(stop)
    finally:
        overdue_watch.cancel()
        await receiver.release_tasks(
            services.task_queue, settings.api_request_timeout_seconds + ORDER_SLACK_S
        )
        await services.task_queue.finish()
        heartbeat.cancel()
        with contextlib.suppress(*TROUBLE):
            async with asyncio.timeout(DEREGISTER_S):
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
