"""Every bad input over real HTTP, on both stacks: the expected answer, no row, no hang."""

import asyncio
import random
import string
from collections.abc import AsyncIterator

import pytest

from tests.inputs.lines import FOLDER, FORM, Line, Request, build_request, read_lines
from tests.inputs.wire import Answer, late_forms, play
from tests.schema import create_database
from tests.servers import PostgresServer, RedisServer
from tests.sites import Network, Site, open_site
from tests.unit.renderer.children import forget_peak, list_children, read_memory

PASSWORD = "password-of-the-tests"
KINDS = ("names", "json", "images", "webhooks", "paths", "headers")
AT_ONCE = 4
NUM_LATE = 30
MAX_GROWTH_BYTES = 200 << 20
MAX_GROWTH_BY_ONE_BYTES = 20 << 20
LONG_BYTES = range(1_000, 1_000_001)
"""Longer ones may hold a photo, and take three times their length."""


@pytest.fixture(scope="module", params=["embedded", "networked"])
def servers(request: pytest.FixtureRequest) -> tuple[PostgresServer, RedisServer] | None:
    """The servers of each of the two stacks."""
    if request.param == "embedded":
        return None
    return request.getfixturevalue("postgres_server"), request.getfixturevalue("redis_server")


@pytest.fixture(scope="module")
async def site(
    servers: tuple[PostgresServer, RedisServer] | None, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """A site without rate limits, shared by all tests of this file."""
    network: Network = None
    if servers is not None:
        postgres, redis = servers
        await redis.flush()
        network = {"DATABASE_URL": await create_database(postgres), "REDIS_URL": redis.url}
    async with open_site(
        tmp_path_factory.mktemp("site"),
        network=network,
        ADMIN_PASSWORD=PASSWORD,
        SUBMISSIONS_PER_HOUR_PER_IP="1000000",
        RESULTS_PER_HOUR_PER_IP="1000000",
    ) as site:
        yield site


def is_as_expected(answer: Answer, line: Line) -> bool:
    document = answer.document
    return (
        answer.status == line["status"]
        and document.get("error") == line["error"]
        and document.get("fields", {}) == line.get("fields", document.get("fields", {}))
        and "Traceback" not in answer.body.decode("utf-8", "replace")
    )


def find_port(site: Site) -> int:
    return int(site.url.rpartition(":")[2])


async def play_all(site: Site, kind: str, lines: list[Line]) -> list[str]:
    """Return a line for each unexpected answer."""
    port, turns = find_port(site), asyncio.Semaphore(AT_ONCE)

    async def play_one(line: Line) -> str:
        async with turns:
            try:
                answer = await play(port, build_request(kind, line))
            except TimeoutError:
                return f"{kind}: hangs: {str(line)[:200]}"
        if is_as_expected(answer, line):
            return ""
        return f"{kind}: {answer.status} {answer.body[:200]!r}: {str(line)[:300]}"

    return list(filter(None, await asyncio.gather(*map(play_one, lines))))


def measure(site: Site) -> int:
    """Return the memory in bytes that the web and its photo children hold."""
    web = site.processes["web"].child.pid
    children = list_children(web, "server.photos.child")
    return sum(read_memory(process, "VmRSS") for process in (web, *children))


async def count_rows(site: Site) -> int:
    reply = await site.http.get("/metrics", auth=("admin", PASSWORD))
    lines = [line for line in reply.text.splitlines() if line.startswith("petsong_submissions{")]
    assert len(lines) > 5
    return sum(round(float(line.split()[-1])) for line in lines)


async def test_every_bad_input_gets_its_answer_and_leaves_nothing(site: Site) -> None:
    lines = {kind: read_lines(kind) for kind in KINDS}
    await play_all(site, "images", lines["images"][:20])
    before = measure(site)

    async with late_forms(find_port(site), NUM_LATE):
        wrong = [fault for kind in KINDS for fault in await play_all(site, kind, lines[kind])]

    assert not wrong, "\n".join([f"{len(wrong)} are wrong", *wrong[:60]])
    assert measure(site) - before < MAX_GROWTH_BYTES
    assert await count_rows(site) == 0
    assert list((site.folder / "uploads").iterdir()) == []
    assert await site.posts() == []
    assert "unexpected_error" not in site.output()
    assert "Traceback" not in site.output()
    assert (await site.http.post("/api/submissions", json=FORM)).status_code == 200


@pytest.mark.fault(6)
async def test_no_body_takes_much_memory(site: Site) -> None:
    web = site.processes["web"].child.pid
    requests = [build_request("json", line) for line in read_lines("json")]
    requests = [request for request in requests if len(request.body) in LONG_BYTES]
    await play(find_port(site), requests[0])
    wrong = []

    for request in requests:
        before = read_memory(web, "VmRSS")
        forget_peak(web)
        assert (await play(find_port(site), request)).status == 400
        growth = read_memory(web, "VmHWM") - before
        if growth > MAX_GROWTH_BY_ONE_BYTES:
            start = request.body[:40]
            wrong.append(f"{growth >> 20} MB for {len(request.body)} bytes, {start!r} ...")

    assert len(requests) > 10
    assert not wrong, "\n".join(wrong)


@pytest.mark.fault(81)
@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_random_ids_reveal_nothing(site: Site, count: int) -> None:
    chance, turns = random.Random(81), asyncio.Semaphore(AT_ONCE)

    async def read(path: str) -> tuple[int, bytes]:
        async with turns:
            answer = await play(find_port(site), Request("GET", path))
        return answer.status, answer.body

    def draw_id() -> str:
        return "p" + "".join(chance.choices(string.ascii_lowercase + string.digits, k=23))

    for path in ("/api/results/{}", "/api/submissions/{}", "/storage/video/{}.mp4"):
        answers = await asyncio.gather(*(read(path.format(draw_id())) for _ in range(count)))
        [(status, _)] = set(answers)
        assert status == 404


def test_there_are_two_thousand_counted_and_none_comes_twice() -> None:
    counts = {kind: len(read_lines(kind)) for kind in (*KINDS, "urls", "audio")}

    assert sum(counts.values()) > 2000
    assert min(counts.values()) > 100
    readme = (FOLDER / "README.md").read_text()
    for kind, count in counts.items():
        assert f"| `{kind}.jsonl` | {count} |" in readme
        lines = [str({**line, "what": ""}) for line in read_lines(kind)]
        assert len(set(lines)) == len(lines), kind
