"""Enqueues tasks by name through the broker of this process."""

import asyncio
from typing import Final

import structlog
from redis.exceptions import RedisError
from taskiq.exceptions import TaskiqError

from server.logs.log import short_id
from server.pipeline.broker import CountingBroker
from server.pipeline.tasks import TASKS

ENQUEUE_TIMEOUT_S: Final = 1.0
SHARED_PAUSE_S: Final = 0.05

logger = structlog.get_logger(__name__)


class BrokerTaskQueue:
    """Enqueues through a Taskiq broker; gives up on an unreachable one after a second.

    Tasks without a submission are sent at once, and then at most every 50 ms: calls in between
    share the next message, which is sent after all of them have committed.
    """

    def __init__(self, broker: CountingBroker) -> None:
        self._broker = broker
        self._quiet_until: dict[str, float] = {}
        self._shared: dict[str, asyncio.TimerHandle] = {}
        self._enqueueing: set[asyncio.Task[None]] = set()

    async def enqueue(self, task_name: str, session_id: str | None = None) -> None:
        """Enqueue a task, for one submission or for the whole site."""
        if session_id is not None:
            await self._send(task_name, session_id)
        elif task_name not in self._shared:
            loop = asyncio.get_running_loop()
            quiet_until = self._quiet_until.get(task_name, 0.0)
            self._quiet_until[task_name] = max(quiet_until, loop.time()) + SHARED_PAUSE_S
            if quiet_until <= loop.time():
                await self._send(task_name)
            else:
                later = loop.call_at(quiet_until, self._enqueue_shared, task_name)
                self._shared[task_name] = later

    async def finish(self) -> None:
        """Send all delayed messages now."""
        for task_name, later in list(self._shared.items()):
            later.cancel()
            self._enqueue_shared(task_name)
        await asyncio.gather(*self._enqueueing)

    def queue_of(self, task_name: str) -> str:
        return str(TASKS[task_name].labels["queue_name"])

    async def count_waiting(self, queue: str) -> int:
        """Ask the broker; 0 if it does not answer within a second."""
        try:
            async with asyncio.timeout(ENQUEUE_TIMEOUT_S):
                return await self._broker.count_waiting(queue)
        except (RedisError, OSError, TimeoutError):
            return 0

    def _enqueue_shared(self, task_name: str) -> None:
        del self._shared[task_name]
        sending = asyncio.create_task(self._send(task_name))
        self._enqueueing.add(sending)
        sending.add_done_callback(self._enqueueing.discard)

    async def _send(self, task_name: str, *arguments: str) -> None:
        try:
            async with asyncio.timeout(ENQUEUE_TIMEOUT_S):
                await TASKS[task_name].kicker().with_broker(self._broker).kiq(*arguments)
        except (RedisError, OSError, TimeoutError, TaskiqError) as error:
            subject = short_id(arguments[0]) if arguments else None
            reason = type(error).__name__
            logger.warning("enqueue_failed", task=task_name, session_id=subject, reason=reason)
