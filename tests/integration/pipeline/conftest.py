"""A quick site on either stack, shared by this folder's tests; faults are cleared after each.

A test that needs other settings, or kills something, opens a site of its own. The invariants of the
fault table are checked on both kinds of site.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.faults.fleet import Patient
from tests.faults.watch import open_watched_site
from tests.schema import create_database
from tests.servers import PostgresServer, RedisServer
from tests.sites import Network, Site

STACKS = ["embedded", "networked"]


@asynccontextmanager
async def open_network(stack: str, postgres: PostgresServer) -> AsyncIterator[Network]:
    if stack == "embedded":
        yield None
        return
    url = await create_database(postgres)
    async with RedisServer() as redis:
        yield {"DATABASE_URL": url, "REDIS_URL": redis.url}
    await postgres.drop_database(url)


@pytest.fixture(scope="session", params=STACKS)
async def shared_network(
    request: pytest.FixtureRequest, postgres_server: PostgresServer
) -> AsyncIterator[Network]:
    async with open_network(request.param, postgres_server) as network:
        yield network


@pytest.fixture(scope="module", params=STACKS)
async def module_network(
    request: pytest.FixtureRequest, postgres_server: PostgresServer
) -> AsyncIterator[Network]:
    """The same for a site with settings of its own that all tests of a file share."""
    async with open_network(request.param, postgres_server) as network:
        yield network


@pytest.fixture(params=STACKS)
async def own_network(
    request: pytest.FixtureRequest, postgres_server: PostgresServer
) -> AsyncIterator[Network]:
    """The database and Redis for a test that opens its own site, or None for the embedded one."""
    async with open_network(request.param, postgres_server) as network:
        yield network


@pytest.fixture(scope="session")
async def shared_site(
    shared_network: Network, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Patient]:
    folder = tmp_path_factory.mktemp("site")
    async with open_watched_site(folder, network=shared_network) as patient:
        yield patient


@pytest.fixture
async def site(shared_site: Patient) -> AsyncIterator[Site]:
    yield shared_site.site
    await shared_site.site.simulator.set_faults()
    try:
        await shared_site.check()
    finally:
        shared_site.submitted.clear()
        shared_site.answers.clear()
