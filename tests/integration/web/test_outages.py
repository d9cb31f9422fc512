"""What the site answers while PostgreSQL or Redis is down; each test has its own servers."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from server.clock import now
from server.services import Services
from server.submissions.model import Submission, WorkerHeartbeat
from tests.integration.conftest import Client, Connect, OpenStack
from tests.integration.task_queue import RecordingTaskQueue
from tests.integration.web.forms import SESSION_ID, form
from tests.schema import create_database
from tests.servers import PostgresServer, Proxy, RedisServer

UNAVAILABLE = {
    "success": False,
    "error": "service_unavailable",
    "message": "Service temporarily unavailable",
}


@pytest.fixture
async def postgres() -> AsyncIterator[PostgresServer]:
    async with PostgresServer() as server:
        yield server


@pytest.fixture
async def redis() -> AsyncIterator[RedisServer]:
    async with RedisServer() as server:
        yield server


@pytest.fixture
async def proxy(postgres: PostgresServer) -> AsyncIterator[Proxy]:
    async with Proxy(postgres.port) as proxy:
        yield proxy


@pytest.fixture
async def database_url(postgres: PostgresServer) -> str:
    return await create_database(postgres)


@pytest.fixture
def network(
    request: pytest.FixtureRequest, database_url: str, postgres: PostgresServer, redis: RedisServer
) -> dict[str, str | None]:
    """PostgreSQL and Redis; PostgreSQL is behind the proxy if the test has one."""
    if "proxy" in request.fixturenames:
        proxy: Proxy = request.getfixturevalue("proxy")
        database_url = database_url.replace(f":{postgres.port}/", f":{proxy.port}/")
    return {"database_url": database_url, "redis_url": redis.url}


@pytest.mark.fault(88)
async def test_health_answers_without_redis(
    client: Client, services: Services, redis: RedisServer
) -> None:
    for queue in ("default", "render"):
        await WorkerHeartbeat.create(name=queue, queue=queue, beat_at=now())
    assert (await client.get("/api/health")).status_code == 200
    for stop in (redis.pause, redis.kill):
        stop()

        async with asyncio.timeout(5):
            response = await client.get("/api/health")

        assert response.status_code == 503
        reply = await response.get_json()
        assert (reply["redis"], reply["database"]) == ("disconnected", "connected")
        assert reply["celery_workers"] == 2
        assert (await client.get("/api/health/live")).status_code == 200


@pytest.mark.fault(62)
async def test_submissions_are_accepted_without_redis(
    client: Client, services: Services, redis: RedisServer
) -> None:
    for stop in (redis.pause, redis.kill):
        stop()

        async with asyncio.timeout(10):
            response = await client.post("/api/submissions", json=form())

        assert response.status_code == 200
    assert await Submission.all().count() == 2
    assert isinstance(services.task_queue, RecordingTaskQueue)
    assert len(services.task_queue.enqueued) == 4


@pytest.mark.fault(87)
async def test_password_guessing_is_throttled_without_redis(
    open_stack: OpenStack, connect: Connect, redis: RedisServer
) -> None:
    async with open_stack(admin_password="a password of the tests") as services:
        client = connect(services)
        redis.kill()

        guesses = [await client.get("/api/admin/queue-status") for _ in range(32)]

        assert [guess.status_code for guess in guesses] == [401] * 30 + [429] * 2


@pytest.mark.fault(88)
async def test_health_fails_without_the_database(client: Client, postgres: PostgresServer) -> None:
    assert (await (await client.get("/api/health")).get_json())["database"] == "connected"
    postgres.kill()

    await expect_no_database(client)


@pytest.mark.fault(88)
async def test_health_while_the_database_is_silent(client: Client, proxy: Proxy) -> None:
    assert (await (await client.get("/api/health")).get_json())["database"] == "connected"
    proxy.blackhole()
    async with asyncio.timeout(5):
        await expect_no_database(client)


async def expect_no_database(client: Client) -> None:
    response = await client.get("/api/health")
    assert response.status_code == 503
    reply = await response.get_json()
    assert (reply["redis"], reply["database"]) == ("connected", "disconnected")
    assert (await client.get("/api/health/live")).status_code == 200


@pytest.mark.fault(32, 67)
async def test_no_answer_is_given_without_a_row(
    client: Client, postgres: PostgresServer, services: Services
) -> None:
    postgres.kill()

    for response in (
        await client.post("/api/submissions", json=form()),
        await client.get(f"/api/submissions/{SESSION_ID}"),
        await client.get(f"/api/results/{SESSION_ID}"),
        await client.post("/api/webhook/some-token", data=b"{}"),
    ):
        assert response.status_code == 503
        assert await response.get_json() == UNAVAILABLE
    assert list(services.storage.photos.iterdir()) == []
