"""Redis Streams as wake-ups: bounded, read once, and listened to whatever happens to Redis."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from redis.asyncio import Redis

from server.pipeline.broker import STREAM_LENGTH, CountingBroker, Queue, create_brokers
from server.pipeline.schedule import run_schedule
from server.pipeline.task_queue import BrokerTaskQueue
from server.pipeline.worker import DrainingReceiver
from server.settings import Settings
from tests.integration.task_queue import RecordingTaskQueue
from tests.servers import RedisServer, wait_until

STREAM = Queue.DEFAULT.value
TRIMMED_LATE = 200
"""Redis trims whole blocks of a stream."""


def settings_for(redis_url: str) -> Settings:
    return Settings.model_validate(
        {
            "database_url": "postgresql://nobody@127.0.0.1:9/none",
            "redis_url": redis_url,
            "sonauto_api_key": "key",
            "webhook_base_url": "https://pets.example",
            "sweep_interval": 1,
        }
    )


@asynccontextmanager
async def open_broker(redis_url: str) -> AsyncIterator[CountingBroker]:
    broker = create_brokers(settings_for(redis_url))[Queue.DEFAULT]
    await broker.startup()
    try:
        yield broker
    finally:
        await broker.shutdown()


@asynccontextmanager
async def hear(broker: CountingBroker) -> AsyncIterator[list[bytes]]:
    """Yield the list of everything that a listener receives meanwhile."""
    heard: list[bytes] = []

    async def listen() -> None:
        async for message in broker.listen():
            assert isinstance(message, bytes)
            heard.append(message)

    listener = asyncio.create_task(listen())
    try:
        yield heard
    finally:
        listener.cancel()
        with suppress(asyncio.CancelledError):
            await listener


async def wait_for(heard: list[bytes], count: int) -> None:
    await wait_until(lambda: len(heard) == count)


@pytest.fixture
async def own_redis() -> AsyncIterator[RedisServer]:
    async with RedisServer() as redis:
        yield redis


async def test_read_messages_leave_the_stream_and_listeners_leave_no_trace(
    redis_url: str,
) -> None:
    for _ in range(3):
        async with open_broker(redis_url) as broker, hear(broker) as heard:
            await BrokerTaskQueue(broker).enqueue("sweep")
            await wait_for(heard, 1)

    async with Redis.from_url(redis_url) as redis:
        assert await redis.xlen(STREAM) == 0
        assert len(await redis.xinfo_consumers(STREAM, "taskiq")) == 1
        assert (await redis.xpending(STREAM, "taskiq"))["pending"] == 0


async def test_only_messages_that_somebody_will_read_count_as_waiting(redis_url: str) -> None:
    async with open_broker(redis_url) as broker, Redis.from_url(redis_url) as redis:
        task_queue = BrokerTaskQueue(broker)
        for number in range(3):
            await task_queue.enqueue("send_to_sonauto", f"session {number}")
        assert await task_queue.count_waiting(STREAM) == 3

        # As left by a worker that dies before it deletes them.
        await redis.xreadgroup("taskiq", "dead", {STREAM: ">"}, count=2, noack=True)

        assert await task_queue.count_waiting(STREAM) == 1
        await redis.delete(STREAM)
        assert await task_queue.count_waiting(STREAM) == 0


async def test_two_listeners_share_the_messages(redis_url: str) -> None:
    async with (
        open_broker(redis_url) as one,
        open_broker(redis_url) as other,
        hear(one) as first,
        hear(other) as second,
    ):
        for number in range(20):
            await BrokerTaskQueue(one).enqueue("send_to_sonauto", f"session {number}")
        await wait_until(lambda: len(first) + len(second) >= 20)

        assert len({*first, *second}) == len(first) + len(second) == 20


async def test_concurrent_enqueues_of_one_task_share_a_message_sent_after_them(
    redis_url: str,
) -> None:
    async with open_broker(redis_url) as broker, hear(broker) as heard:
        task_queue = BrokerTaskQueue(broker)
        for _ in range(30):
            await task_queue.enqueue("sweep")
        before_the_last = len(heard)
        await task_queue.enqueue("sweep")
        await task_queue.finish()

        await wait_until(lambda: len(heard) > before_the_last)
        assert len(heard) < 31


async def test_a_stream_nobody_reads_stays_bounded(redis_url: str) -> None:
    async with open_broker(redis_url) as broker, Redis.from_url(redis_url) as redis:
        async with redis.pipeline(transaction=False) as pipeline:
            for _ in range(STREAM_LENGTH + 2 * TRIMMED_LATE):
                pipeline.xadd(STREAM, {b"data": b"{}"})
            await pipeline.execute()

        await BrokerTaskQueue(broker).enqueue("sweep")

        assert await redis.xlen(STREAM) <= STREAM_LENGTH + TRIMMED_LATE


async def test_a_worker_takes_what_it_can_run_and_leaves_or_re_enqueues_the_rest(
    redis_url: str,
) -> None:
    async with open_broker(redis_url) as broker, Redis.from_url(redis_url) as redis:
        working: list[str] = []

        @broker.task("wait")
        async def wait(session_id: str) -> None:
            working.append(session_id)
            await asyncio.Event().wait()

        for number in range(6):
            await wait.kiq(f"session {number}")
        receiver, stop = DrainingReceiver(broker, 2), asyncio.Event()
        receiver.wait_tasks_timeout = 0
        listening = asyncio.create_task(receiver.listen(stop))
        await wait_until(lambda: len(working) == 2)

        stop.set()
        await listening
        task_queue = RecordingTaskQueue()
        await receiver.release_tasks(task_queue, order_timeout_s=0)

        assert await redis.xlen(STREAM) == 4
        assert working == ["session 0", "session 1"]
        assert task_queue.enqueued == [("wait", session_id) for session_id in working]


async def test_a_flushed_redis_is_listened_to_again(redis_url: str) -> None:
    async with (
        open_broker(redis_url) as broker,
        hear(broker) as heard,
        Redis.from_url(redis_url) as redis,
    ):
        await BrokerTaskQueue(broker).enqueue("sweep")
        await wait_for(heard, 1)

        await redis.flushall()

        await BrokerTaskQueue(broker).enqueue("sweep")
        await wait_for(heard, 2)


async def test_a_redis_that_starts_late_and_stops_again_is_awaited(
    own_redis: RedisServer,
) -> None:
    await own_redis.stop()
    async with open_broker(own_redis.url) as broker, hear(broker) as heard:
        for messages in (1, 2):
            await own_redis.start()
            await BrokerTaskQueue(broker).enqueue("sweep")
            await wait_for(heard, messages)
            own_redis.kill()


async def test_the_scheduler_continues_while_redis_is_away(own_redis: RedisServer) -> None:
    await own_redis.stop()
    stop = asyncio.Event()
    async with open_broker(own_redis.url) as broker:
        clock = asyncio.create_task(run_schedule(broker, settings_for(own_redis.url), stop))
        await own_redis.start()
        async with hear(broker) as heard:
            await wait_until(lambda: sum(b'"sweep"' in message for message in heard) >= 2)
        stop.set()
        await clock
