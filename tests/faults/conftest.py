"""One fleet for the quick half: each test gets it intact, and the invariants are checked after it.

A test that needs an exception calls `check` itself: `check` forgets what it has examined.
"""

from collections.abc import AsyncIterator

import pytest

from tests.faults.fleet import Fleet, open_fleet
from tests.servers import PostgresServer, RedisServer


@pytest.fixture(scope="session")
async def whole_fleet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    async with (
        RedisServer() as redis,
        PostgresServer() as postgres,
        open_fleet(folder, redis, postgres) as fleet,
    ):
        yield fleet


@pytest.fixture
async def fleet(whole_fleet: Fleet) -> AsyncIterator[Fleet]:
    """The shared fleet; the invariants are checked at the end of each test."""
    yield whole_fleet
    await whole_fleet.heal()
    try:
        await whole_fleet.check()
    finally:
        whole_fleet.submitted.clear()
        whole_fleet.answers.clear()
