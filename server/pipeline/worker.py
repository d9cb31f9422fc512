"""A worker: listens to one queue with a bounded number of tasks, until it is told to stop.

The same in a process of its own and inside `petsong serve`.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Mapping
from typing import Any, Final

import structlog
from taskiq import AckableMessage, AsyncBroker
from taskiq.receiver import Receiver

from server.clock import now
from server.database import UNAVAILABLE
from server.pipeline.broker import Queue
from server.services import Services
from server.submissions.model import WorkerHeartbeat

HEARTBEAT_S: Final = 5.0
DRAIN_S: Final = 8.0

logger = structlog.get_logger(__name__)


class DrainingReceiver(Receiver):
    """Taskiq's Receiver, which also knows the tasks in hand and can end them."""

    def __init__(self, broker: AsyncBroker, limit: int) -> None:
        super().__init__(broker, max_async_tasks=limit, wait_tasks_timeout=DRAIN_S)
        self._running: set[asyncio.Task[Any]] = set()

    async def callback(self, message: bytes | AckableMessage, raise_err: bool = False) -> None:
        """Run one task, known to `cancel_running` meanwhile."""
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            await super().callback(message, raise_err)
        finally:
            self._running.discard(task)

    async def cancel_running(self) -> None:
        """Cancel what has not ended in time, and wait until its leases are given back."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


async def work(services: Services, broker: AsyncBroker, queue: Queue, stop: asyncio.Event) -> None:
    """Run the tasks of `queue` until `stop` is set.

    Then the tasks in hand have 8 s to end; what has not is cancelled and gives its lease back.
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
    receiver = DrainingReceiver(broker, limit)
    name = f"{queue.value}:{socket.gethostname()}:{os.getpid()}"
    heartbeat = asyncio.create_task(_beat(name, row))
    if is_render and choice.fallback:
        logger.warning("encoder_fallback", encoder=choice.encoder, reason=choice.fallback)
    logger.info("worker_started", **row)
    try:
        await receiver.listen(stop)
    finally:
        await receiver.cancel_running()
        heartbeat.cancel()
        with contextlib.suppress(*UNAVAILABLE):
            await WorkerHeartbeat.filter(name=name).delete()
        await broker.shutdown()
        logger.info("worker_stopped", queue=queue.value)


async def _beat(name: str, row: Mapping[str, Any]) -> None:
    while True:
        try:
            await WorkerHeartbeat.update_or_create(defaults={**row, "beat_at": now()}, name=name)
        except UNAVAILABLE:
            logger.warning("heartbeat_missed", queue=row["queue"])
        await asyncio.sleep(HEARTBEAT_S)
