"""How a ring reaches a worker: Redis Streams between processes, plain queues within one.

A message is a doorbell and is dropped from its stream as it is read: whoever rang it has committed
before, so that what a crash or a flushed Redis loses is rung again by the sweeper. Redelivery by
the broker is never relied upon.
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
"""A stream's name, and its messages by id, as redis-py returns them."""

STREAM_LENGTH: Final = 10_000
MOST_COUNTED: Final = 1000
"""With so many a queue has all that a sweep could add."""
RECONNECT_S: Final = 1.0
CONSUMER: Final = "worker"
"""One name for all who listen: nothing is acknowledged, so Redis need not tell them apart."""

logger = structlog.get_logger(__name__)


class Queue(StrEnum):
    """The two queues: renders keep a core busy for seconds, everything else waits on others."""

    DEFAULT = "default"
    RENDER = "render"


class CountingBroker(AsyncBroker, ABC):
    """A Taskiq broker that knows how many messages nobody has read yet."""

    @abstractmethod
    async def count_waiting(self, queue: str) -> int:
        """Return the number of unread messages in a queue; raises RedisError or OSError."""


class InProcessBroker(CountingBroker):
    """Hands messages over within one process; one instance for each queue, sharing `lines`."""

    def __init__(self, queue: Queue, lines: defaultdict[str, asyncio.Queue[bytes]]) -> None:
        super().__init__()
        self._queue = queue
        self._lines = lines

    async def kick(self, message: BrokerMessage) -> None:
        """Put the message into the line of the queue that its label names."""
        self._lines[message.labels["queue_name"]].put_nowait(message.message)

    async def count_waiting(self, queue: str) -> int:
        """Return the length of the queue's line."""
        return self._lines[queue].qsize()

    async def listen(self) -> AsyncGenerator[bytes, None]:
        """Yield the messages of this broker's queue as they come."""
        while True:
            yield await self._lines[self._queue].get()


class StreamBroker(RedisStreamBroker, CountingBroker):
    """RedisStreamBroker that reads each message once and outlives a restart of Redis.

    Of the library's there are the pool of connections, the group and their end.
    """

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self._redis = Redis(connection_pool=self.connection_pool)

    async def startup(self) -> None:
        """Make the queue's group; a Redis that is away is waited for by `listen`."""
        with suppress(RedisError, OSError):
            await super().startup()

    async def kick(self, message: BrokerMessage) -> None:
        """Add the message to the stream of the queue that its label names."""
        # The base class makes a client for each message, which costs more than the message.
        await self._redis.xadd(
            message.labels.get("queue_name") or self.queue_name,
            {b"data": message.message},
            maxlen=self.maxlen,
            approximate=self.approximate,
        )

    # The base class yields messages that want an acknowledgement; ours want none.
    async def listen(self) -> AsyncGenerator[bytes, None]:  # type: ignore[override]
        """Yield the messages of this broker's queue; when Redis is away, wait for its return."""
        while True:
            try:
                async with Redis(connection_pool=self.connection_pool) as redis:
                    async for message in self._read(redis):
                        yield message
            except (RedisError, OSError) as error:
                logger.warning("redis_unreachable", reason=type(error).__name__)
                await asyncio.sleep(RECONNECT_S)
                # A flushed or replaced Redis has forgotten the stream and its group.
                await self.startup()

    async def count_waiting(self, queue: str) -> int:
        """Return how many messages come after the last one that any worker has read.

        Not the stream's length: whoever dies between reading and deleting leaves a message there
        that nobody will read again.
        """
        read_up_to = b"0"
        for group in await self._redis.xinfo_groups(queue):
            if group["name"].decode() == self.consumer_group_name:
                read_up_to = group["last-delivered-id"]
        unread = await self._redis.xrange(queue, min=b"(" + read_up_to, count=MOST_COUNTED)
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
    """Return one broker for each queue; any of them can be kicked for all queues."""
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
            # redis-py 8 bounds each read to 5 s through wait_for, which loses cancellations on
            # Python 3.11 (https://github.com/python/cpython/issues/86296).
            socket_timeout=None,
            socket_connect_timeout=5,
            socket_keepalive=True,
        )
        for queue in Queue
    }
