"""Ringing a task by name, through whichever broker the process has."""

import asyncio
from typing import Final

import structlog
from redis.exceptions import RedisError
from taskiq import AsyncBroker
from taskiq.exceptions import TaskiqError

from server.log import short_id
from server.pipeline.tasks import TASKS

RING_TIMEOUT_S: Final = 1.0

logger = structlog.get_logger(__name__)


class TaskDoorbell:
    """Rings through a Taskiq broker; an unreachable broker costs a log line and a second."""

    def __init__(self, broker: AsyncBroker) -> None:
        self._broker = broker

    async def ring(self, task_name: str, session_id: str | None = None) -> None:
        """Ask for the named task to be run, for one submission or for the site as a whole."""
        arguments = () if session_id is None else (session_id,)
        try:
            async with asyncio.timeout(RING_TIMEOUT_S):
                await TASKS[task_name].kicker().with_broker(self._broker).kiq(*arguments)
        except (RedisError, OSError, TimeoutError, TaskiqError) as error:
            subject = short_id(session_id) if session_id else None
            reason = type(error).__name__
            logger.warning("ring_lost", task=task_name, session_id=subject, reason=reason)
