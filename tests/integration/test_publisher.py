"""A push is a hint: if Redis is down or silent, it costs the publisher a second and no error."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from realtime.events import Snapshot
from realtime.gateway import create_server
from realtime.publisher import SocketPublisher, redis_publisher
from tests.servers import RedisServer

SNAPSHOT = Snapshot(
    session_id="s" * 24,
    version=2,
    status="success",
    stage="ready",
    progress=1.0,
    queue_position=None,
    eta_seconds=None,
    preview_url=None,
    poster_url=None,
    failure_reason=None,
    created_at="2026-02-14T10:30:00Z",
)
PUBLISHERS: dict[str, Callable[[str], SocketPublisher]] = {
    "worker": redis_publisher,
    "web": lambda url: SocketPublisher(create_server(url)),
}
MUCH_LESS_THAN_THE_LIBRARY_S = 6
"""redis-py would wait for 20 s or more, for each of two messages."""


@pytest.fixture
async def redis() -> AsyncIterator[RedisServer]:
    async with RedisServer() as redis:
        yield redis


@pytest.mark.fault(63)
@pytest.mark.parametrize("process", PUBLISHERS)
async def test_a_silent_redis_keeps_no_publisher_waiting(process: str, redis: RedisServer) -> None:
    publisher = PUBLISHERS[process](redis.url)
    await publisher.publish(SNAPSHOT)
    redis.pause()
    try:
        async with asyncio.timeout(MUCH_LESS_THAN_THE_LIBRARY_S):
            await publisher.publish(SNAPSHOT)
    finally:
        redis.resume()
    await publisher.publish(SNAPSHOT)
