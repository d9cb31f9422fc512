"""Measures how many submissions two web processes accept, the visitors' waits, and the cost.

Two `petsong serve` on PostgreSQL and Redis, without workers; the sender, the databases and the web
processes share the machine's cores.
"""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.children import MeasuredProcesses
from benchmarks.inputs import usual_form
from benchmarks.measurement import Options, Series, collect
from benchmarks.sender import Order, Receipt, send
from benchmarks.stack import Stack, open_stack

WEBS: Final = 2
PATH: Final = "/api/submissions"
PHOTO_QUALITY: Final = 80
"""Gives a photo of 111 kB; the spec calls 50 to 150 kB typical."""
UNITS: Final[Mapping[str, str]] = {
    "requests": "",
    "answered 200": "",
    "answered 5xx or not": "",
    "in each second": "",
    "web for each": "CPU ms",
    "sender": "% of a core",
}


@dataclass(frozen=True)
class Load:
    """Requests per second (None: as many as possible), and for how long."""

    name: str
    seconds: float
    per_second: int | None


FULL: Final = (
    Load("submit, 600 a minute", 600, 10),
    Load("submit, 200 a second", 60, 200),
    Load("status", 20, None),
)
QUICK: Final = (Load("submit", 1, 10), Load("status", 1, None))


async def measure(options: Options) -> list[Series]:
    """Send each load to a fresh site."""
    loads = QUICK if options.is_quick else FULL
    return [
        series
        for load in loads
        for series in collect(
            [await _measure_once(load) for _ in range(options.repeats)], load.name, UNITS
        )
    ]


async def _measure_once(load: Load) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        async with open_stack(Path(folder), webs=WEBS) as stack:
            warm_up = await _send(stack, Load("submit", 1, 10))
            if load.name == "status":
                ids = [json.loads(body)["session_id"] for body in warm_up.bodies]
                return await _use(stack, load, tuple(f"{PATH}/{each}/status" for each in ids))
            return await _use(stack, load, None)


async def _use(stack: Stack, load: Load, paths: tuple[str, ...] | None) -> dict[str, float]:
    webs = MeasuredProcesses([web.pid for web in stack.webs])
    cpu_s = webs.read_cpu_s()
    receipt = await _send(stack, load, paths)
    cpu_s = webs.read_cpu_s() - cpu_s
    delays_s = sorted(receipt.delays_s)
    requests = sum(receipt.statuses.values())
    return {
        "requests": requests,
        "answered 200": receipt.statuses.get("200", 0),
        "answered 5xx or not": sum(
            count for status, count in receipt.statuses.items() if status[0] in "5n"
        ),
        "in each second": len(delays_s) / receipt.took_s,
        "answer: median": delays_s[len(delays_s) // 2],
        "answer: p99": delays_s[int(0.99 * len(delays_s))],
        "answer: largest": delays_s[-1],
        "web for each": 1000 * cpu_s / requests,
        "sender": 100 * receipt.cpu_s / receipt.took_s,
    }


async def _send(stack: Stack, load: Load, paths: tuple[str, ...] | None = None) -> Receipt:
    order = Order(
        urls=[web.url for web in stack.webs],
        paths=paths or (PATH,),
        seconds=load.seconds,
        per_second=load.per_second,
        body=None if paths else json.dumps(usual_form(PHOTO_QUALITY)),
    )
    return await send(order)
