"""Any number of processes, started and stopped while songs are in progress.

Invariant: the sweep and the scheduled tasks of these sites are hours apart, so whatever continues
was enqueued at once.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import socketio

from realtime.events import Event
from server.simulator.faults import Fault, Switch
from tests.faults.watch import open_examined_site
from tests.integration.pipeline.conftest import open_network
from tests.servers import HANG_S, ChildServer, PostgresServer, wait_until
from tests.sites import Network, Site, open_site, site_environment

NO_CLOCK = {
    "SWEEP_INTERVAL": "36000",
    "QUEUE_PROCESSOR_INTERVAL": "36000",
    "GENERATION_POLL_INTERVAL": "36000",
}
WITHIN_S = 10.0
SOCKETS = 100


@pytest.fixture
async def network(postgres_server: PostgresServer) -> AsyncIterator[Network]:
    async with open_network("networked", postgres_server) as network:
        yield network


async def stop_in_time(process: ChildServer) -> None:
    started = time.monotonic()
    assert await process.stop() == 0
    assert time.monotonic() - started < WITHIN_S
    process.check_output()


async def test_a_free_slot_is_filled_without_any_clock(
    own_network: Network, tmp_path: Path
) -> None:
    async with open_examined_site(
        tmp_path, network=own_network, delay_s=0.3, MAX_CONCURRENT_REQUESTS="1", **NO_CLOCK
    ) as site:
        await site.simulator.set_faults(
            Switch(Fault.CREATE_STATUS, 400, times=1), Switch(Fault.GENERATION_FAILS, times=1)
        )
        session_ids = [await site.submit(seed=number) for number in range(4)]

        # The first is refused, the second fails; each end frees the slot for the next.
        await site.wait_for(session_ids[-1], status="success")

        ledger = await site.simulator.ledger()
        assert len(ledger["posts"]) == 4
        assert ledger["in_flight_peak"] == 1


async def test_a_stopping_worker_releases_its_work_to_the_next(
    network: Network, tmp_path: Path
) -> None:
    async with open_examined_site(tmp_path, network=network, delay_s=0.3, **NO_CLOCK) as site:
        await site.simulator.set_faults(Switch(Fault.DOWNLOAD_DRIP, 100, times=1))
        session_id = await site.submit()
        await site.wait_for(session_id, stage="downloading")

        workers = [site.processes[name] for name in ("worker", "second worker")]
        await asyncio.gather(*map(stop_in_time, workers))
        await workers[0].start()

        await site.wait_for(session_id, WITHIN_S, status="success")
        assert len(await site.posts()) == 1


async def test_all_processes_stop_in_time_and_the_next_ones_continue_with_two_schedulers(
    network: Network, tmp_path: Path
) -> None:
    async with (
        open_examined_site(tmp_path, network=network, delay_s=1.0) as site,
        AsyncExitStack() as stack,
    ):
        port = urlsplit(site.url).port or 0
        second = ChildServer(
            site.processes["scheduler"].child.command,
            log_path=tmp_path / "second scheduler.log",
            environment=site_environment(tmp_path, port, site.simulator, network or {}),
            ready_output="started",
        )
        processes = [*site.processes.values(), await stack.enter_async_context(second)]
        session_ids = [await site.submit(seed=number) for number in range(4)]
        await site.wait_for(session_ids[-1], stage="composing")

        await asyncio.gather(*map(stop_in_time, processes))
        await asyncio.gather(*(process.start() for process in processes))

        for session_id in session_ids:
            await site.wait_for(session_id, status="success")
        assert len(await site.posts()) == len(session_ids)


@pytest.mark.soak
async def test_without_a_scheduler_the_workers_run_what_is_overdue(
    network: Network, tmp_path: Path
) -> None:
    async with open_examined_site(tmp_path, network=network) as site:
        site.processes["scheduler"].kill()
        await site.simulator.set_faults(Switch(Fault.CREATE_STATUS, 429, times=1, retry_after="1"))

        session_id = await site.submit()

        await site.wait_for(session_id, status="success")


async def test_a_web_process_with_open_sockets_stops_in_time(
    own_network: Network, tmp_path: Path
) -> None:
    async with open_site(tmp_path, network=own_network) as site, AsyncExitStack() as stack:
        session_id = await site.submit()
        sockets = [socketio.AsyncClient(reconnection=False) for _ in range(SOCKETS)]
        for socket in sockets:
            await socket.connect(site.url, transports=["websocket"], wait_timeout=HANG_S)
            stack.push_async_callback(socket.disconnect)
            assert await socket.call(Event.WATCH.value, {"session_id": session_id})
        goodbyes: list[str] = []
        for socket in sockets:
            socket.on("disconnect", goodbyes.append)

        await stop_in_time(site.processes["web"])

        await wait_until(lambda: len(goodbyes) == SOCKETS)


@pytest.mark.soak
async def test_a_song_that_kills_three_workers_fails_and_is_shown_to_the_operator(
    tmp_path: Path,
) -> None:
    async with open_examined_site(tmp_path, LEASE_SECONDS="1", ADMIN_PASSWORD="secret") as site:
        await site.simulator.set_faults(Switch(Fault.DOWNLOAD_STALL, 100))
        session_id = await site.submit()
        web = site.processes["web"]
        for deaths in (1, 2, 3):
            await wait_until(partial(has_downloads, site, deaths))
            web.kill()
            await web.start()

        snapshot = await site.wait_for(session_id, status="fail")
        shown = await site.http.get("/api/admin/queue-status", auth=("admin", "secret"))

        assert snapshot["failure_reason"] == "download_failed"
        [poison] = shown.json()["poison_submissions"]
        assert (poison["submission"], poison["stage"]) == (session_id[:8], "downloading")
        assert await has_downloads(site, 3)


async def has_downloads(site: Site, count: int) -> bool:
    return bool((await site.simulator.ledger())["downloads"] == count)
