"""Message brokers: Redis Streams between processes, asyncio queues within one.

Messages are deleted from the stream as they are read. This is safe because the row is committed
before its task is enqueued: if a crash or a flushed Redis loses a message, the sweep enqueues the
task again. Nothing relies on redelivery by the broker.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import suppress
from enum import StrEnum
from typing import Any, Final, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from taskiq import AsyncBroker, BrokerMessage
from taskiq_redis import RedisStreamBroker

from server.settings import Settings

StreamEntries = tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]
"""A stream's name and its (id, fields) messages, as redis-py returns them."""

STREAM_LENGTH: Final = 10_000
COUNT_LIMIT: Final = 1000
"""`count_waiting` stops here; a sweep never enqueues more."""
RECONNECT_S: Final = 1.0
CONSUMER: Final = "worker"
"""All workers share one consumer name: nothing is acknowledged, so Redis need not tell them
apart."""

logger = structlog.get_logger(__name__)


class Queue(StrEnum):
    """The two queues: renders are CPU-bound for seconds, all other tasks wait on I/O."""

    DEFAULT = "default"
    RENDER = "render"


class CountingBroker(AsyncBroker, ABC):
    """A Taskiq broker that can count its unread messages."""

    @abstractmethod
    async def count_waiting(self, queue: str) -> int:
        """Count the unread messages in a queue; raises RedisError or OSError."""


class InProcessBroker(CountingBroker):
    """Passes messages within one process; one instance per queue, all sharing `lines`."""

    def __init__(self, queue: Queue, lines: defaultdict[str, asyncio.Queue[bytes]]) -> None:
        super().__init__()
        self._queue = queue
        self._lines = lines

    async def kick(self, message: BrokerMessage) -> None:
        """Add the message to the queue named in its label."""
        self._lines[message.labels["queue_name"]].put_nowait(message.message)

    async def count_waiting(self, queue: str) -> int:
        return self._lines[queue].qsize()

    async def listen(self) -> AsyncGenerator[bytes, None]:
        while True:
            yield await self._lines[self._queue].get()


class StreamBroker(RedisStreamBroker, CountingBroker):
    """A RedisStreamBroker that reads each message once and survives Redis restarts.

    The connection pool, the consumer group and the shutdown are inherited.
    """

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self._redis = Redis(connection_pool=self.connection_pool)

    async def startup(self) -> None:
        """Create the consumer group; if Redis is unreachable, `listen` retries."""
        with suppress(RedisError, OSError):
            await super().startup()

    async def kick(self, message: BrokerMessage) -> None:
        """Add the message to the stream named in its label."""
        # The base class creates a client per message, which costs more than sending it.
        await self._redis.xadd(
            message.labels.get("queue_name") or self.queue_name,
            {b"data": message.message},
            maxlen=self.maxlen,
            approximate=self.approximate,
        )

    # The base class yields acknowledgeable messages; ours are not acknowledged.
    async def listen(self) -> AsyncGenerator[bytes, None]:  # type: ignore[override]
        """Yield this queue's messages; while Redis is unreachable, keep reconnecting."""
        while True:
            try:
                async with Redis(connection_pool=self.connection_pool) as redis:
                    async for message in self._read(redis):
                        yield message
            except (RedisError, OSError) as error:
                logger.warning("redis_unreachable", reason=type(error).__name__)
                await asyncio.sleep(RECONNECT_S)
                # A flushed or replaced Redis has lost the stream and its group.
                await self.startup()

    async def count_waiting(self, queue: str) -> int:
        """Count the messages after the last one delivered to any worker.

        The stream's length would be wrong: a worker killed between reading and deleting leaves a
        message behind that nobody will read.
        """
        read_up_to = b"0"
        for group in await self._redis.xinfo_groups(queue):
            if group["name"].decode() == self.consumer_group_name:
                read_up_to = group["last-delivered-id"]
        unread = await self._redis.xrange(queue, min=b"(" + read_up_to, count=COUNT_LIMIT)
        return len(unread or ())

    async def _read(self, redis: Redis) -> AsyncGenerator[bytes, None]:
        while True:
            fetched = await redis.xreadgroup(
                self.consumer_group_name,
                self.consumer_name,
                {self.queue_name: ">"},
                count=1,
                block=self.block,
                noack=True,
            )
            for _, messages in cast("list[StreamEntries]", fetched or []):
                for message_id, fields in messages:
                    await redis.xdel(self.queue_name, message_id)
                    if b"data" in fields:
                        yield fields[b"data"]


def create_brokers(settings: Settings) -> dict[Queue, CountingBroker]:
    """Create one broker per queue; each of them can send to every queue."""
    if settings.redis_url is None:
        lines: defaultdict[str, asyncio.Queue[bytes]] = defaultdict(asyncio.Queue)
        return {queue: InProcessBroker(queue, lines) for queue in Queue}
    return {
        queue: StreamBroker(
            settings.redis_url,
            queue_name=queue.value,
            consumer_id="0",
            consumer_name=CONSUMER,
            xread_block=1000,
            maxlen=STREAM_LENGTH,
            # redis-py 8 limits each read to 5 s with wait_for, which can lose cancellations on
            # Python 3.11 (https://github.com/python/cpython/issues/86296).
            socket_timeout=None,
            socket_connect_timeout=5,
            socket_keepalive=True,
        )
        for queue in Queue
    }
