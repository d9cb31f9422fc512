"""Runs the networked site for a load test: web processes, workers, PostgreSQL and Redis.

Only the song service is simulated, and everything listens only on 127.0.0.1.
"""

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from benchmarks.servers import START_TIMEOUT_S, free_port, open_servers

ROOT: Final = Path(__file__).parents[1]
STOP_TIMEOUT_S: Final = 20.0


@dataclass
class Web:
    """One `petsong serve`, on a port that stays the same across restarts."""

    folder: Path
    variables: Mapping[str, str]
    core: int | None = None
    port: int = field(default_factory=free_port)
    process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    async def start(self) -> None:
        """Start the process and wait until it responds."""
        variables = {**self.variables, "PORT": str(self.port)}
        self.process = await start_petsong("serve", self.folder, variables, self.core)
        await wait_until_up(self.url)

    async def stop(self) -> None:
        if self.process is not None:
            await stop_process(self.process)


@dataclass(frozen=True)
class Stack:
    """A running site: its web processes and the variables for further processes."""

    webs: tuple[Web, ...]
    folder: Path
    variables: Mapping[str, str]


@asynccontextmanager
async def open_stack(
    folder: Path, *, webs: int = 1, core: int | None = None, **changes: str
) -> AsyncIterator[Stack]:
    """Start `webs` web processes on one PostgreSQL and one Redis for the length of the block.

    `core` binds each to one core (with taskset); `changes` are environment variables.
    """
    async with open_servers(folder) as addresses:
        variables = {**_environment(), **addresses, **changes}
        migration = await start_petsong("migrate", folder, variables)
        if await migration.wait():
            raise RuntimeError("the database could not be migrated")
        stack = Stack(tuple(Web(folder, variables, core) for _ in range(webs)), folder, variables)
        try:
            await asyncio.gather(*(web.start() for web in stack.webs))
            yield stack
        finally:
            await asyncio.gather(*(web.stop() for web in stack.webs))


async def start_petsong(
    words: str, folder: Path, variables: Mapping[str, str], core: int | None = None
) -> Process:
    """Start `petsong` with `words` in `folder`, bound to `core` if given."""
    command = bind_to(core, sys.executable, "-m", "server", *words.split())
    return await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=dict(variables), stdout=DEVNULL
    )


def bind_to(core: int | None, *command: str) -> list[str]:
    """The command that runs `command` on one core, if there is a core and a taskset."""
    taskset = shutil.which("taskset") if core is not None else None
    return [taskset, "--cpu-list", str(core), *command] if taskset else list(command)


async def stop_process(process: Process) -> None:
    """Terminate a process like a deployment; kill it after 20 s."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
    except TimeoutError:
        process.kill()
        await process.wait()


async def wait_until_up(url: str) -> None:
    """Wait until the site at `url` responds; raise TimeoutError after a minute."""
    async with asyncio.timeout(START_TIMEOUT_S), httpx.AsyncClient(trust_env=False) as http:
        while True:
            try:
                await http.get(f"{url}/api/health/live")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SONAUTO_API_KEY": "key-of-the-benchmarks",
        "EXTERNAL_API_URL": "http://127.0.0.1:9/v1",
        "WEBHOOK_BASE_URL": "http://127.0.0.1:9",
        "SUBMISSIONS_PER_HOUR_PER_IP": "1000000",
        "SOCKETS_PER_IP": "1000000",
        "SOCKET_MESSAGES_PER_MINUTE": "1000000",
        "SOCKET_MESSAGES_PER_MINUTE_PER_IP": "100000000",
        "LOG_LEVEL": "WARNING",
    }
