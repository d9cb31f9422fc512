"""A web process runs out of files, of which each visitor's connection is one."""

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from server.process.open_files import MAX_FILES, OWN_FILES, SPARE_FILES
from server.site import BACKLOG
from tests.faults.browser import open_browser
from tests.faults.fleet import Fleet
from tests.servers import HANG_S, free_port, wait_until

OUT_OF_FILES = "socket.accept() out of system resource"
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "cGV0c29uZyBwZXRzb25nIQ==",
}


async def start_small_web(fleet: Fleet) -> tuple[int, str]:
    """Start another web process; return it and its address. Its files will be limited."""
    port = free_port()
    web = await fleet.start("small web", "serve", PORT=str(port))
    return web.child.pid, f"http://127.0.0.1:{port}"


def limit_files(pid: int, limit: int) -> None:
    """Lower a running process's limit of open files."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, hard))


@pytest.mark.fault(77)
async def test_sockets_are_refused_before_files_for_forms_run_out(fleet: Fleet) -> None:
    pid, url = await start_small_web(fleet)
    most = 5
    limit_files(pid, SPARE_FILES + most)
    async with AsyncExitStack() as stack:
        for _ in range(most):
            await stack.enter_async_context(open_browser(url))
        assert await request_upgrade(url) == 503
        assert await fleet.try_to_submit("crowded", url)

    await wait_until(lambda: is_let_in(url))


async def is_let_in(url: str) -> bool:
    return await request_upgrade(url) == 101


async def request_upgrade(url: str) -> int:
    """Ask for a socket, return the status of the answer, and leave."""
    path = "/socket.io/?EIO=4&transport=websocket"
    async with (
        httpx.AsyncClient(base_url=url, trust_env=False) as http,
        http.stream("GET", path, headers=HANDSHAKE) as answer,
    ):
        return answer.status_code


@pytest.mark.fault(77)
async def test_visitors_are_refused_before_the_web_runs_out_of_files(fleet: Fleet) -> None:
    pid, url = await start_small_web(fleet)
    async with stay_connected(fleet) as http:
        assert await fleet.try_to_submit("before", url, http)
        limit_files(pid, OWN_FILES)

        assert await visit(url) == 503
        assert await measure_use(http, url) == 100
        assert await fleet.try_to_submit("during", url, http)

    limit_files(pid, MAX_FILES)
    assert await visit(url) == 200


@pytest.mark.fault(77)
async def test_a_web_process_out_of_files_logs_it_and_continues(fleet: Fleet) -> None:
    pid, url = await start_small_web(fleet)
    web = fleet.site.processes["small web"]
    async with stay_connected(fleet) as http, asyncio.TaskGroup() as group:
        assert await fleet.try_to_submit("before", url, http)
        limit_files(pid, 1)
        visitor = group.create_task(visit(url))
        await wait_until(lambda: OUT_OF_FILES in web.output())

        assert await measure_use(http, url) == 100
        assert await fleet.try_to_submit("during", url, http) is None
        assert fleet.answers[-1].status_code == 503
        limit_files(pid, MAX_FILES)

    assert visitor.result() == 200
    assert await fleet.try_to_submit("during", url)
    assert web.output().count(OUT_OF_FILES) < BACKLOG  # as often as asyncio accepts in one turn


@asynccontextmanager
async def stay_connected(fleet: Fleet) -> AsyncIterator[httpx.AsyncClient]:
    """Provide a client whose single connection stays open after its first request."""
    hooks = fleet.site.http.event_hooks
    async with httpx.AsyncClient(trust_env=False, timeout=HANG_S, event_hooks=hooks) as http:
        yield http


async def visit(url: str) -> int:
    """Connect anew and make a request; return the status of the answer."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=HANG_S) as http:
        answer = await http.get("/api/health/live")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        return answer.status_code


async def measure_use(http: httpx.AsyncClient, url: str) -> int:
    """Return the percentage of its files that a web process has open; it must be healthy."""
    health = await http.get(f"{url}/api/health")
    assert health.status_code == 200, health.text
    return int(health.json()["open_files_percent"])
