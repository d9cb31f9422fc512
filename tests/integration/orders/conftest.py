"""A site that orders from a real song service; what it would enqueue is recorded."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from server.services import Services
from server.simulator.client import Simulator
from tests.integration.conftest import OpenStack
from tests.integration.orders.steps import RICH


@pytest.fixture(scope="module")
async def simulator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulator]:
    folder = tmp_path_factory.mktemp("simulator")
    async with Simulator.start(folder, delay_s=600, song_s=3, num_credits=10**6) as simulator:
        yield simulator


@pytest.fixture
def open_site(
    open_stack: OpenStack, simulator: Simulator
) -> Callable[..., "AsyncIterator[Services]"]:
    @asynccontextmanager
    async def open_with(**changes: object) -> AsyncIterator[Services]:
        settings = {
            "external_api_url": simulator.api_url,
            # Only a service that hangs justifies a short one: a busy machine is slow, too.
            "api_request_timeout_seconds": 60,
            "ambiguous_grace_seconds": 240,
        }
        async with open_stack(**{**settings, **changes}) as services:
            await simulator.set_faults(RICH)
            yield services

    return open_with  # type: ignore[return-value]


@pytest.fixture
async def site(open_site: OpenStack) -> AsyncIterator[Services]:
    async with open_site() as services:
        yield services
