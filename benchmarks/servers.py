"""Provides PostgreSQL and Redis for a benchmark: from the environment, or started here.

DATABASE_URL and REDIS_URL are used as they are and written to, so name empty ones. Our own servers
are the system's programs in a temporary folder, with PostgreSQL's default durability (fsync on).
"""

import asyncio
import os
import pwd
import shutil
import signal
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from socket import socket
from typing import Final

import asyncpg
import redis.asyncio

START_TIMEOUT_S: Final = 60.0
NAMES: Final = ("DATABASE_URL", "REDIS_URL")
# Debian and Homebrew keep PostgreSQL off the PATH, one folder per major release.
POSTGRES_FOLDERS: Final = ("usr/lib/postgresql/*/bin", "opt/homebrew/opt/postgresql@*/bin")


@asynccontextmanager
async def open_servers(folder: Path) -> AsyncIterator[Mapping[str, str]]:
    """Yield DATABASE_URL and REDIS_URL, from the environment or of servers started in `folder`.

    Raises RuntimeError if a program is missing or does not start.
    """
    given = {name: os.environ[name] for name in NAMES if os.environ.get(name)}
    async with AsyncExitStack() as stack:
        if "DATABASE_URL" not in given:
            given["DATABASE_URL"] = await stack.enter_async_context(_serve_postgres(folder))
        if "REDIS_URL" not in given:
            given["REDIS_URL"] = await stack.enter_async_context(_serve_redis(folder))
        yield given


def free_port() -> int:
    """An unused port of 127.0.0.1."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def _serve_postgres(folder: Path) -> AsyncIterator[str]:
    programs, port, cluster = _find_postgres(), free_port(), folder / "postgres"
    user = _make_home(cluster)
    words = ("--pgdata", str(cluster), "--username", "petsong", "--auth", "trust")
    maker = await _start((programs / "initdb", *words, "--encoding", "UTF8"), cluster, user)
    if await maker.wait():
        raise RuntimeError("initdb could not create a database")
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": cluster}
    settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    server = await _start((programs / "postgres", "-D", cluster, *settings), cluster, user)
    try:
        await _until_postgres(f"postgresql://petsong@127.0.0.1:{port}/postgres")
        yield f"asyncpg://petsong@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)
        await server.wait()


@asynccontextmanager
async def _serve_redis(folder: Path) -> AsyncIterator[str]:
    program, port = shutil.which("redis-server"), free_port()
    if program is None:
        raise RuntimeError("redis-server is not installed")
    options = ("--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder))
    server = await _start((program, *options), folder, None)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        await _until_redis(url)
        yield url
    finally:
        server.terminate()
        await server.wait()


async def _start(
    command: Sequence[str | Path], folder: Path, user: int | None
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *command, cwd=folder, user=user, stdout=DEVNULL, stderr=DEVNULL
    )


async def _until_postgres(url: str) -> None:
    async with asyncio.timeout(START_TIMEOUT_S):
        while True:
            try:
                await (await asyncpg.connect(url)).close()
            except (OSError, asyncpg.CannotConnectNowError):
                await asyncio.sleep(0.05)
            else:
                return


async def _until_redis(url: str) -> None:
    async with asyncio.timeout(START_TIMEOUT_S), redis.asyncio.Redis.from_url(url) as client:
        while True:
            try:
                await client.ping()
            except redis.exceptions.ConnectionError:
                await asyncio.sleep(0.05)
            else:
                return


def _make_home(folder: Path) -> int | None:
    """Create a folder for PostgreSQL; return the uid it has to run as, None for our own."""
    folder.mkdir()
    # PostgreSQL refuses to run as root; its package creates an account for that.
    if os.geteuid():
        return None
    account = pwd.getpwnam("postgres")
    folder.parent.chmod(0o755)
    os.chown(folder, account.pw_uid, account.pw_gid)
    return account.pw_uid


def _find_postgres() -> Path:
    folders = [folder for pattern in POSTGRES_FOLDERS for folder in Path("/").glob(pattern)]
    if on_path := shutil.which("postgres"):
        folders.append(Path(on_path).resolve().parent)
    complete = [folder for folder in folders if (folder / "initdb").is_file()]
    if not complete:
        raise RuntimeError("PostgreSQL is not installed")
    return max(complete)
