from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from server.simulator.client import Simulator
from tests.unit.simulator.callers import Api, Receiver


@pytest.fixture(scope="session")
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    receiver.url = f"http://127.0.0.1:{port}/webhook/a-token"
    yield receiver
    server.close()


@pytest.fixture(scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulator]:
    folder = tmp_path_factory.mktemp("simulator")
    async with Simulator.start(folder, delay_s=0.1, song_s=1.0, num_credits=10_000) as simulator:
        yield simulator


@pytest.fixture
async def simulator(running: Simulator) -> AsyncIterator[Simulator]:
    yield running
    await running.set_faults()


@pytest.fixture
async def api(simulator: Simulator) -> AsyncIterator[Api]:
    async with Api(simulator.api_url) as api:
        yield api
