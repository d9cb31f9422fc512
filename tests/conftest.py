"""Real servers for every test that asks for one.

Invariant: a server starts with the first test that needs it, once per worker; each test gets an
empty database. A test that stops or breaks a server starts one of its own, from tests.servers.
"""

import gc
import signal
from collections.abc import AsyncIterator

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.groups import find_group
from tests.schema import create_database
from tests.servers import PostgresServer, RedisServer
from tests.sites import Network


def pytest_configure() -> None:
    """Treat SIGTERM, which `make` sends, like Ctrl-C, so that the fixtures are torn down."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> None:
    """Collect a failed test's garbage before the report parses its source.

    Python 3.11 cannot parse two sources at once. If an un-awaited task is collected during the
    parse, formatting that task's traceback starts a second parse.
    """
    if call.excinfo:
        gc.collect()


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """Keep the tests that `groups` puts together on one worker."""
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = find_group
    return scheduler


@pytest.fixture(scope="session")
async def postgres_server() -> AsyncIterator[PostgresServer]:
    async with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
async def redis_server() -> AsyncIterator[RedisServer]:
    async with RedisServer() as server:
        yield server


@pytest.fixture
async def postgres_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """An empty database with the newest schema."""
    url = await create_database(postgres_server)
    yield url
    await postgres_server.drop_database(url)


@pytest.fixture
async def redis_url(redis_server: RedisServer) -> str:
    await redis_server.flush()
    return redis_server.url


@pytest.fixture(params=["embedded", "networked"])
def site_network(request: pytest.FixtureRequest) -> Network:
    """The environment variables of each of the two stacks that a site can run on."""
    if request.param == "embedded":
        return None
    return {
        "DATABASE_URL": request.getfixturevalue("postgres_url"),
        "REDIS_URL": request.getfixturevalue("redis_url"),
    }
