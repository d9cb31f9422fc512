"""Measures what a crowd costs its web process: per arrival, and while waiting."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from benchmarks.children import MeasuredProcesses
from benchmarks.crowd import Crowd, Report, open_crowd
from benchmarks.stack import Web

ALL_BACK_WITHIN_S: Final = 120.0


@dataclass(frozen=True)
class Arrived:
    """The time until everybody watched, and the cost per visitor."""

    joined_s: float
    cpu_ms: float
    memory_kb: float


@asynccontextmanager
async def arrive(
    web: Web, session_ids: Sequence[str], per_second: int
) -> AsyncIterator[tuple[Crowd, Arrived]]:
    """Send a crowd to `web`, and wait until all of it watches."""
    process, count = MeasuredProcesses([web.pid]), len(session_ids)
    start, bytes_, cpu_s = time.monotonic(), process.read_memory_bytes(), process.read_cpu_s()
    async with open_crowd(web.url, session_ids, per_second) as crowd:
        await until_all_watch(crowd, count)
        yield (
            crowd,
            Arrived(
                joined_s=time.monotonic() - start,
                cpu_ms=1000 * (process.read_cpu_s() - cpu_s) / count,
                memory_kb=(process.read_memory_bytes() - bytes_) / count / 1000,
            ),
        )


async def until_all_watch(crowd: Crowd, num_visitors: int) -> Report:
    """Wait until `num_visitors` have their first snapshot; raise TimeoutError after 120 s."""
    async with asyncio.timeout(ALL_BACK_WITHIN_S):
        while True:
            report = await crowd.report()
            if report.num_watching == num_visitors:
                return report
            await asyncio.sleep(0.2)


async def use_of(web: Web, crowd: Crowd, work: Awaitable[None]) -> tuple[float, float]:
    """The cores used by the web process and by the crowd while `work` is awaited."""
    process = MeasuredProcesses([web.pid])
    start, cpu_s, crowd_cpu_s = time.monotonic(), process.read_cpu_s(), (await crowd.report()).cpu_s
    await work
    cpu_s = process.read_cpu_s() - cpu_s
    crowd_cpu_s = (await crowd.report()).cpu_s - crowd_cpu_s
    return cpu_s / (time.monotonic() - start), crowd_cpu_s / (time.monotonic() - start)
