"""`python -m benchmarks.crowd`: thousands of visitors in one process, controlled through stdin.

The first line is JSON: `url`, `session_ids`, and `per_second`, the rate of arrivals. Each further
line requests a report; the crowd leaves when stdin ends. It exits at the start if there are more
visitors than open files allowed.
"""

import asyncio
import json
import os
import resource
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from benchmarks.visitor import Visitor

SPARE_FILES: Final = 100
MAX_VISITORS: Final = 20_000


@dataclass(frozen=True)
class Report:
    """What a crowd has seen so far; `known_at` is by session_id, in seconds of `time.monotonic`."""

    num_watching: int
    num_drops: int
    known_at: dict[str, float]
    cpu_s: float


class Crowd:
    """A crowd in a separate process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def report(self) -> Report:
        """Return what the crowd has seen so far."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"report\n")
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the crowd has ended; see stderr for the reason")
        return Report(**json.loads(line))


@asynccontextmanager
async def open_crowd(url: str, session_ids: Sequence[str], per_second: int) -> AsyncIterator[Crowd]:
    """Send one visitor per submission to `url`; they leave at the end of the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.crowd"),
        cwd=Path(__file__).parents[1],
        stdin=PIPE,
        stdout=PIPE,
        limit=2**24,
    )
    assert process.stdin is not None
    task = {"url": url, "session_ids": list(session_ids), "per_second": per_second}
    process.stdin.write(json.dumps(task).encode() + b"\n")
    try:
        yield Crowd(process)
    finally:
        process.stdin.close()
        await process.wait()


async def _run() -> None:
    loop = asyncio.get_running_loop()
    stdin = asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    task = json.loads(await stdin.readline())
    address = urlsplit(task["url"])
    if address.hostname != "127.0.0.1" or len(task["session_ids"]) > MAX_VISITORS:
        raise SystemExit(f"at most {MAX_VISITORS} visitors, and only to 127.0.0.1")
    _allow_files(len(task["session_ids"]) + SPARE_FILES)
    place = (address.hostname, address.port or 80)
    visitors = [Visitor(place, session_id) for session_id in task["session_ids"]]
    arriving = loop.create_task(_arrive(visitors, 1 / task["per_second"]))
    while await stdin.readline():
        print(json.dumps(asdict(_report(visitors))), flush=True)
    arriving.cancel()


async def _arrive(visitors: Sequence[Visitor], pause_s: float) -> None:
    start = time.monotonic()
    async with asyncio.TaskGroup() as arrivals:
        for number, visitor in enumerate(visitors):
            arrivals.create_task(visitor.connect())
            await asyncio.sleep(start + number * pause_s - time.monotonic())


def _report(visitors: Sequence[Visitor]) -> Report:
    used = os.times()
    return Report(
        num_watching=sum(visitor.is_watching for visitor in visitors),
        num_drops=sum(visitor.num_drops for visitor in visitors),
        known_at={
            visitor.session_id: visitor.known_at
            for visitor in visitors
            if visitor.known_at is not None
        },
        cpu_s=used.user + used.system,
    )


def _allow_files(num_files: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < num_files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (num_files, hard))


if __name__ == "__main__":
    asyncio.run(_run())
