"""What the longest forms, and bodies that never end, cost the site.

The database plays no part, so one stack stands for both.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from server.web.bodies import MAX_UNDER_WAY_BYTES
from tests.inputs.lines import FORM, Request
from tests.inputs.wire import play
from tests.servers import wait_until
from tests.sites import Site, open_site
from tests.unit.renderer.children import forget_peak, read_memory

FORM_BYTES = 7_000_000
JSON = (("Content-Type", "application/json"),)
TRIES = 5
MAX_RATIO = 3
"""Of processor to an honest form's; the hostile ones took thirty times as much."""
MAX_GROWTH_BY_ONE_BYTES = 100 << 20
"""One letter that is not Latin makes four bytes of each; the hostile ones took 170 MB."""
MAX_GROWTH_BYTES = 60 << 20

HOSTILE: dict[str, Callable[[], bytes]] = {
    "objects": lambda: b'{"a": [' + b"{}," * 2_300_000 + b"{}]}",
    "keys": lambda: b"{" + b",".join(b'"%d":0' % n for n in range(600_000)) + b"}",
    "arrays": lambda: b'{"a": [' + b"[]," * 2_300_000 + b"[]]}",
    "numbers": lambda: b'{"a": [' + b"1," * 3_400_000 + b"1]}",
    "texts": lambda: b'{"a": [' + b'"",' * 2_300_000 + b'""]}',
    "depth": lambda: b"[" * 6_900_000,
    "one number": lambda: b'{"a": 0.' + b"1" * 6_900_000 + b"}",
    "spaces": lambda: b"{" + b" " * 6_900_000 + b"}",
    "line breaks": lambda: b'{"photo": "' + b"\\n" * 3_400_000 + b'"}',
    "one wide letter": lambda: b'{"pet_name": "' + "\U0001f600".encode() + b"A" * 6_900_000 + b'"}',
}


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site without rate limits, shared by all tests of this file."""
    folder = tmp_path_factory.mktemp("site")
    async with open_site(folder, SUBMISSIONS_PER_HOUR_PER_IP="1000000") as site:
        yield site


def port_of(site: Site) -> int:
    return int(site.url.rpartition(":")[2])


def web_of(site: Site) -> int:
    return site.processes["web"].child.pid


def read_cpu_s(process: int) -> float:
    """Return the CPU seconds that a process has used, without its children's."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(site: Site, body: bytes) -> tuple[float, int]:
    """Return the least CPU seconds and the least memory that a form takes in several tries."""
    web = web_of(site)
    costs = []
    for _ in range(TRIES):
        started_at, before = read_cpu_s(web), read_memory(web, "VmRSS")
        forget_peak(web)
        answer = await play(port_of(site), Request("POST", "/api/submissions", body, JSON))
        assert answer.status == 400
        costs.append((read_cpu_s(web) - started_at, read_memory(web, "VmHWM") - before))
    cpu_s, growth = zip(*costs, strict=True)
    return min(cpu_s), min(growth)


@pytest.mark.fault(6, 104)
async def test_the_longest_forms_cost_no_more_than_an_ordinary_one(site: Site) -> None:
    honest = json.dumps({**FORM, "photo": "A" * 6_900_000}).encode()
    honest_s, _ = await measure(site, honest)

    costs = {name: await measure(site, make()) for name, make in HOSTILE.items()}

    for name, (cpu_s, growth) in costs.items():
        assert cpu_s < MAX_RATIO * honest_s, (name, costs, honest_s)
        assert growth < MAX_GROWTH_BY_ONE_BYTES, (name, costs)


class Unfinished:
    """A request whose body never ends, and the answer it gets nonetheless."""

    def __init__(self, site: Site, request: str, framing: str) -> None:
        self._site = site
        length = {
            "length": f"Content-Length: {FORM_BYTES}",
            "chunk": "Transfer-Encoding: chunked",
        }[framing]
        lines = [f"{request} HTTP/1.1", "Host: localhost", "Content-Type: application/json", length]
        self._start = "\r\n".join([*lines, "", ""]).encode()
        if framing == "chunk":
            self._start += b"%x\r\n" % FORM_BYTES

    async def send(self, num_bytes: int) -> bytes:
        """Send `num_bytes` and return the head of the answer, which may come earlier."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(self._site))
        try:
            writer.write(self._start)
            with suppress(ConnectionError):  # it was answered before it was sent completely
                for _ in range(num_bytes >> 16):
                    writer.write(b" " * (1 << 16))
                    await writer.drain()
            with suppress(ConnectionError):
                return (await reader.readuntil(b"\r\n\r\n")).lower()
            return b""
        finally:
            writer.close()


ROUTES = {
    "POST /api/webhook": 413,
    "POST /api/webhook/some-token": 413,
    "DELETE /api/submissions/clxyz123abc456def789gone": 413,
    "GET /api/health/live": 200,
    "GET /docs": 200,
    "OPTIONS /api/submissions": 200,
    "POST /no/where": 404,
    "PUT /api/submissions": 405,
}


@pytest.mark.fault(105)
@pytest.mark.parametrize("framing", ["length", "chunk"])
@pytest.mark.parametrize("request_line", ROUTES)
async def test_unfinished_bodies_are_answered_and_not_buffered(
    site: Site, request_line: str, framing: str
) -> None:
    web = web_of(site)
    before = read_memory(web, "VmRSS")
    forget_peak(web)

    async with asyncio.timeout(30):
        unfinished = [Unfinished(site, request_line, framing) for _ in range(40)]
        answers = await asyncio.gather(*(one.send(3_000_000) for one in unfinished))

    # A connection that is closed while a body is still being sent may lose its answer.
    statuses = {int(answer.split(b" ")[1]) for answer in answers if answer}
    assert statuses <= {ROUTES[request_line], 429}
    assert read_memory(web, "VmHWM") - before < MAX_GROWTH_BYTES


@pytest.mark.fault(105)
async def test_unfinished_forms_share_a_memory_bound(site: Site) -> None:
    web, form = web_of(site), "POST /api/submissions"
    before = read_memory(web, "VmRSS")
    forget_peak(web)

    async with AsyncExitStack() as stack, asyncio.timeout(50):
        tasks = [
            asyncio.create_task(Unfinished(site, form, framing).send(6_900_000))
            for framing in ("length", "chunk")
            for _ in range(8)
        ]
        for task in tasks:
            stack.callback(task.cancel)
        [first, *_], _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        answer = await first

    assert answer.startswith(b"http/1.1 503")
    assert b"\r\nretry-after: 10\r\n" in answer
    assert read_memory(web, "VmHWM") - before < 3 * MAX_UNDER_WAY_BYTES

    async def is_taken() -> bool:
        return (await site.http.post("/api/submissions", json=FORM)).status_code == 200

    await wait_until(is_taken)
