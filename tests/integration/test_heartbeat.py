"""Live processes touch the file by which containers are found healthy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from server.pipeline.broker import Queue, create_brokers
from server.pipeline.schedule import run_schedule
from server.pipeline.worker import work
from server.process.heartbeat import touch_heartbeat
from server.services import Services
from tests.integration.conftest import OpenStack
from tests.servers import wait_until


@asynccontextmanager
async def run(services: Services, part: str) -> AsyncIterator[None]:
    stop = asyncio.Event()
    broker = create_brokers(services.settings)[Queue.DEFAULT]
    running = asyncio.create_task(
        run_schedule(broker, services.settings, stop)
        if part == "scheduler"
        else work(services, broker, Queue.DEFAULT, stop)
    )
    yield
    stop.set()
    await running


@pytest.mark.parametrize("network", ["embedded"], indirect=True)
@pytest.mark.parametrize("part", ["worker", "scheduler"])
async def test_a_living_part_touches_its_file(
    part: str, open_stack: OpenStack, tmp_path: Path
) -> None:
    file = tmp_path / "heartbeat"
    async with open_stack(heartbeat_file=file) as services, run(services, part):
        await wait_until(file.exists)


@pytest.mark.parametrize("file", [None, Path("/nowhere/heartbeat")])
def test_nobody_is_stopped_for_want_of_a_file(file: Path | None) -> None:
    touch_heartbeat(file)
