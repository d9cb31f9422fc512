"""Processes as the operating system sees them: children, sockets, and sudden death."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from redis.asyncio import Redis

from tests.servers import ChildServer, wait_until


def children_of(parent: int) -> Iterator[tuple[int, str]]:
    """Yield the id and the command of each child of a process."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                command = (folder / "cmdline").read_text().replace("\0", " ")
                yield int(folder.name), command


def count_files(pid: int) -> int:
    """Return how many files and sockets a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def kill_within(process: ChildServer, delay_s: float) -> None:
    """Kill a process after this many seconds."""
    asyncio.get_running_loop().call_later(delay_s, process.kill)
    await wait_until(lambda: not process.child.is_running)


async def is_listened_to(redis: Redis) -> bool:
    """Say whether the workers are waiting for messages."""
    readers = [one for one in await redis.client_list() if one["cmd"] == "xreadgroup"]
    return len(readers) >= 3  # two for the default queue, one for renders
