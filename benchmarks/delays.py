"""Measures the specified delays on the networked site: from an external event to our reaction.

One web process, a worker per queue and a scheduler on PostgreSQL and Redis; the simulator runs in
its own process and ends a song on command.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks.browser import submit, watch, write_form
from benchmarks.inputs import write_song
from benchmarks.measurement import Options, Series
from benchmarks.stack import Stack, open_stack, start_petsong, stop_process
from server.simulator.client import Simulator

CREW: Final = ("worker --queue default", "worker --queue render", "scheduler")
SLOTS: Final = 2
UNTIL_TOLD_S: Final = 3600.0
CREDITS: Final = 1_000_000
WAIT_TIMEOUT_S: Final = 120.0
ASK_AGAIN_S: Final = 0.1


@dataclass(frozen=True)
class Scale:
    """Seconds of song, submissions waiting for a slot, and visits and refills per repeat.

    `last_file` is the last file that a render worker makes, in these formats, before it needs the
    song.
    """

    song_s: int
    num_waiting: int
    num_visits: int
    num_refills: int
    formats: str
    last_file: str


FULL: Final = Scale(150, 3, 12, 8, "square,story", "storage/preview/{}-story.mp4")
QUICK: Final = Scale(6, 1, 1, 1, "square", "storage/preview/{}-card.jpg")


@dataclass(frozen=True)
class Site:
    """The running site, as seen by a browser and by the song service."""

    url: str
    http: httpx.AsyncClient
    simulator: Simulator
    folder: Path
    last_file: str = FULL.last_file

    async def wait_for(self, num_orders: int, num_webhooks: int) -> Mapping[str, Any]:
        """Return the simulator's ledger once it has at least so many orders and webhooks."""
        async with asyncio.timeout(WAIT_TIMEOUT_S):
            while True:
                ledger = await self.simulator.ledger()
                if len(ledger["posts"]) >= num_orders and len(ledger["webhooks"]) >= num_webhooks:
                    return ledger
                await asyncio.sleep(ASK_AGAIN_S)

    async def wait_until_idle(self, session_id: str) -> None:
        """Wait until everything but the videos of the latest submission is made."""
        last = self.folder / self.last_file.format(session_id)
        async with asyncio.timeout(WAIT_TIMEOUT_S):
            while not last.exists():  # noqa: ASYNC110 - other processes set no event
                await asyncio.sleep(ASK_AGAIN_S)


async def measure(options: Options) -> list[Series]:
    """Take visitors through the site one by one, then keep its slots full."""
    scale = QUICK if options.is_quick else FULL
    num_visits = 1 + options.repeats * scale.num_visits
    num_refills = options.repeats * scale.num_refills
    with tempfile.TemporaryDirectory() as folder:
        async with _open_site(Path(folder), scale) as site:
            start, cpu_s = time.monotonic(), time.process_time()
            visits = [await _visit(site, number) for number in range(num_visits)]
            refills = await _refill(site, num_visits, num_refills, scale.num_waiting)
            cpu = (time.process_time() - cpu_s) / (time.monotonic() - start)
    orders, successes = zip(*visits[1:], strict=True)
    return [
        *_sum_up("submit - order", orders),
        *_sum_up("webhook - success", successes),
        *_sum_up("webhook - next order", refills),
        Series("visitors", [100 * cpu], "% of a core"),
    ]


async def _visit(site: Site, number: int) -> tuple[float, float]:
    """Return submit -> order and webhook -> success, in seconds, for one visitor."""
    form = write_form()
    start = time.time()
    session_id = await submit(site.http, form)
    watching = asyncio.create_task(watch(site.url, session_id))
    await site.wait_until_idle(session_id)
    order = (await site.wait_for(number + 1, number))["posts"][number]
    await site.simulator.finish(order["task_id"])
    seen = await watching
    webhook = (await site.wait_for(number + 1, number + 1))["webhooks"][number]
    return _moment(order) - start, seen["ready"] - _moment(webhook)


async def _refill(site: Site, first: int, num_refills: int, num_waiting: int) -> list[float]:
    """The seconds from each song's webhook to the order that takes its slot.

    `first` songs were ordered, and have ended, before.
    """
    submitted = [await submit(site.http, write_form()) for _ in range(SLOTS + num_waiting)]
    ledger = await site.wait_for(first + SLOTS, first)
    for number in range(first, first + num_refills):
        await site.wait_until_idle(submitted[-1])
        await site.simulator.finish(ledger["posts"][number]["task_id"])
        ledger = await site.wait_for(number + 1 + SLOTS, number + 1)
        submitted.append(await submit(site.http, write_form()))
    freed, refilled = ledger["webhooks"][first:], ledger["posts"][first + SLOTS :]
    return [_moment(order) - _moment(end) for end, order in zip(freed, refilled, strict=True)]


def _moment(entry: Mapping[str, str]) -> float:
    return datetime.fromisoformat(entry["at"]).timestamp()


def _sum_up(name: str, delays_s: Sequence[float]) -> list[Series]:
    ordered = sorted(delays_s)
    shown = {
        "median": ordered[len(ordered) // 2],
        "p95": ordered[int(0.95 * len(ordered))],
        "largest": ordered[-1],
    }
    return [Series(name, [delay_s], case=case) for case, delay_s in shown.items()]


@asynccontextmanager
async def _open_site(folder: Path, scale: Scale) -> AsyncIterator[Site]:
    song = write_song(folder / "song.mp3", scale.song_s)
    async with (
        Simulator.start(
            folder / "simulator", delay_s=UNTIL_TOLD_S, song=song, num_credits=CREDITS
        ) as simulator,
        open_stack(
            folder,
            EXTERNAL_API_URL=simulator.api_url,
            SONG_CDN_HOSTS=simulator.origin,
            MAX_CONCURRENT_REQUESTS=str(SLOTS),
            RENDER_FORMATS=scale.formats,
        ) as stack,
        _crew(stack),
        httpx.AsyncClient(base_url=stack.webs[0].url, trust_env=False) as http,
    ):
        yield Site(stack.webs[0].url, http, simulator, folder, scale.last_file)


@asynccontextmanager
async def _crew(stack: Stack) -> AsyncIterator[None]:
    """Run workers and a scheduler beside the web for the length of the block."""
    variables = {**stack.variables, "WEBHOOK_BASE_URL": stack.webs[0].url}
    async with AsyncExitStack() as ending:
        for words in CREW:
            process = await start_petsong(words, stack.folder, variables)
            ending.push_async_callback(stop_process, process)
        yield
