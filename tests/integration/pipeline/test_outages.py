"""PostgreSQL and Redis go down and come back: the site recovers by itself and loses nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.simulator.faults import Fault, Switch
from tests.faults.watch import open_examined_site
from tests.schema import create_database
from tests.servers import PostgresServer, RedisServer, wait_until
from tests.sites import Site


@pytest.fixture
async def redis() -> AsyncIterator[RedisServer]:
    async with RedisServer() as redis:
        yield redis


@pytest.fixture
async def postgres() -> AsyncIterator[PostgresServer]:
    async with PostgresServer() as postgres:
        yield postgres


@pytest.fixture
async def frail_site(
    postgres: PostgresServer, redis: RedisServer, tmp_path: Path
) -> AsyncIterator[Site]:
    """A networked site whose servers the test may break."""
    url = await create_database(postgres)
    network = {"DATABASE_URL": url, "REDIS_URL": redis.url}
    async with open_examined_site(tmp_path, network=network) as site:
        yield site


@pytest.mark.fault(62)
async def test_a_restarted_and_a_flushed_redis_lose_no_submission(
    frail_site: Site, redis: RedisServer
) -> None:
    await redis.restart()
    after_restart = await frail_site.submit()
    await frail_site.wait_for(after_restart, status="success")

    await redis.flush()
    after_flush = await frail_site.submit()
    await frail_site.wait_for(after_flush, status="success")

    redis.kill()
    without_redis = await frail_site.submit()
    await redis.start()
    await frail_site.wait_for(without_redis, status="success")
    assert len(await frail_site.posts()) == 3


@pytest.mark.fault(67)
async def test_a_restarted_database_is_used_again(
    frail_site: Site, postgres: PostgresServer
) -> None:
    await frail_site.simulator.set_faults(Switch(Fault.GENERATION_STUCK))
    session_id = await frail_site.submit()
    await frail_site.wait_for(session_id, stage="composing")
    [order] = await frail_site.posts()

    await postgres.stop()
    assert (await frail_site.http.get(f"/api/submissions/{session_id}")).status_code == 503
    await frail_site.simulator.finish(str(order["task_id"]))
    await postgres.start()

    async def is_answered() -> bool:
        reply = await frail_site.http.get(f"/api/submissions/{session_id}")
        return reply.status_code == 200

    await wait_until(is_answered)
    await frail_site.wait_for(session_id, status="success")
    assert len(await frail_site.posts()) == 1
