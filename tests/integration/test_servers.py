"""The tests' own servers: real, isolated on their ports, and gone afterwards."""

import asyncio
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import asyncpg
import httpx
import pytest
from redis.asyncio import Redis

from tests.servers import (
    Child,
    ChildServer,
    PostgresServer,
    RedisServer,
    ServerFailed,
    free_port,
    wait_until,
)


async def connect(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(url.replace("asyncpg://", "postgresql://"))


def site(tmp_path: Path, *, port: int, program: str = "") -> ChildServer:
    """A web server of the standard library, or a broken program in its place."""
    words = ["-c", program] if program else ["-m", "http.server", "--bind", "127.0.0.1", str(port)]
    return ChildServer(
        [sys.executable, *words],
        log_path=tmp_path / "site.log",
        folder=tmp_path,
        ready_url=f"http://127.0.0.1:{port}/",
    )


def read_state(pid: int) -> str:
    """A process's state: T frozen, Z a zombie, empty if there is none."""
    if Path("/proc/self/stat").exists():  # a small Linux machine may have no ps
        with suppress(FileNotFoundError, ProcessLookupError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return ""
    words = ["ps", "-o", "stat=", "-p", str(pid)]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()[:1]


async def test_each_test_gets_an_empty_database_of_its_own(postgres_server: PostgresServer) -> None:
    first, second = [await postgres_server.create_database() for _ in range(2)]
    connection = await connect(first)
    await connection.execute("CREATE TABLE pets (name text)")
    await connection.close()
    connection = await connect(second)
    assert await connection.fetchval("SELECT to_regclass('pets')") is None
    assert await connection.fetchval("SHOW server_encoding") == "UTF8"
    await postgres_server.drop_database(second)  # although a client is still connected
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        await connection.fetchval("SELECT 1")
    connection.terminate()


async def test_a_database_can_be_copied_from_a_template(postgres_server: PostgresServer) -> None:
    template = await postgres_server.create_database()
    connection = await connect(template)
    await connection.execute("CREATE TABLE pets (name text)")
    await connection.close()
    copy = await postgres_server.create_database(template.rpartition("/")[2])
    connection = await connect(copy)
    assert await connection.fetchval("SELECT count(*) FROM pets") == 0
    await connection.close()


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGQUIT])
async def test_postgres_keeps_its_rows_over_a_stop_and_a_crash(by: signal.Signals) -> None:
    async with PostgresServer() as server:
        url = await server.create_database()
        connection = await connect(url)
        await connection.execute("CREATE TABLE pets (name text)")
        await server.stop(by)
        with pytest.raises(OSError, match=str(server.port)):
            await connect(url)
        connection.terminate()
        await server.start()
        connection = await connect(url)
        assert await connection.fetchval("SELECT count(*) FROM pets") == 0
        await connection.close()
    assert not server.folder.exists()
    assert not server.child.is_running


async def test_each_test_gets_an_empty_redis(redis_server: RedisServer, redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        await redis.set("pet", "Biscuit")
        await redis_server.flush()
        assert await redis.get("pet") is None


@pytest.mark.parametrize(("append_only", "remembered"), [(True, b"Biscuit"), (False, None)])
async def test_only_an_append_only_redis_remembers(
    append_only: bool, remembered: bytes | None
) -> None:
    async with RedisServer(append_only=append_only) as server:
        async with Redis.from_url(server.url) as redis:
            await redis.set("pet", "Biscuit")
        server.kill()
        await server.start()
        async with Redis.from_url(server.url) as redis:
            assert await redis.get("pet") == remembered
    assert not server.folder.exists()


async def test_a_frozen_server_is_silent_until_it_is_resumed(tmp_path: Path) -> None:
    port = free_port()
    async with site(tmp_path, port=port) as server, httpx.AsyncClient() as http:
        server.pause()
        asked = asyncio.create_task(http.get(f"http://127.0.0.1:{port}/"))
        await wait_until(lambda: read_state(server.child.pid) == "T")
        assert not asked.done()
        server.resume()
        assert (await asked).status_code == 200
    assert not server.child.is_running


async def test_a_server_that_ends_at_once_shows_its_output(tmp_path: Path) -> None:
    server = site(tmp_path, port=free_port(), program="raise SystemExit('the port is taken')")
    with pytest.raises(ServerFailed, match="ended with 1 instead of serving\nthe port is taken"):
        await server.start()


async def test_a_server_that_never_answers_is_killed(tmp_path: Path) -> None:
    program = "import signal; print('deaf'); signal.pause()"
    server = site(tmp_path, port=free_port(), program=program)
    with pytest.raises(ServerFailed, match="was not up within 1 s\ndeaf"):
        await server.start(timeout_s=1)
    assert not server.child.is_running


async def test_a_server_that_does_not_stop_is_killed_and_reported(tmp_path: Path) -> None:
    program = (
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('stubborn');"
        "[signal.pause() for _ in iter(int, 1)]"
    )
    server = ChildServer(
        [sys.executable, "-c", program], log_path=tmp_path / "log", ready_output="stubborn"
    )
    await server.start()
    with pytest.raises(ServerFailed, match="did not stop within 1 s and was killed"):
        await server.stop(timeout_s=1)
    assert server.child.returncode == -signal.SIGKILL


async def test_children_that_outlive_their_parent_are_killed(tmp_path: Path) -> None:
    log_path = tmp_path / "log"
    child = Child(["sh", "-c", "sleep 300 & echo $!"], log_path)
    child.start()
    await child.wait()
    orphan = int(log_path.read_text())
    await wait_until(lambda: read_state(orphan) in ("", "Z"))


@pytest.mark.parametrize("end", ["", "os.kill(os.getpid(), signal.SIGKILL)"])
async def test_nothing_outlives_the_interpreter(end: str, tmp_path: Path) -> None:
    program = (
        "import os, pathlib, signal, sys; from tests.servers import Child;"
        "child = Child(['sleep', '300'], pathlib.Path(sys.argv[1]) / 'log');"
        f"child.start(); print(child.pid, flush=True); {end}"
    )
    words = [sys.executable, "-c", program, str(tmp_path)]
    ended = await asyncio.to_thread(subprocess.run, words, capture_output=True, check=False)
    assert ended.returncode == (-signal.SIGKILL if end else 0)
    await wait_until(lambda: read_state(int(ended.stdout)) in ("", "Z"))


async def test_complaints_in_the_output_are_found(tmp_path: Path) -> None:
    program = "print('[ERROR] no song\\nall is well')"
    server = ChildServer([sys.executable, "-c", program], log_path=tmp_path / "log")
    server.child.start()
    await server.child.wait()
    server.check_output("no song")
    with pytest.raises(ServerFailed, match=r"complained: \[ERROR\] no song"):
        server.check_output()


async def test_an_empty_variable_is_removed_from_the_environment(tmp_path: Path) -> None:
    program = "import os; print('PATH' in os.environ, os.environ['PET'])"
    environment = {"PATH": "", "PET": "Biscuit"}
    server = ChildServer(
        [sys.executable, "-c", program], log_path=tmp_path / "log", environment=environment
    )
    server.child.start()
    await server.child.wait()
    assert server.output() == "False Biscuit\n"


def test_free_ports_are_free_and_never_the_same() -> None:
    ports = [free_port() for _ in range(50)]
    assert len(set(ports)) == 50
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", ports[0]))


async def test_a_timeout_reports_what_was_last_seen() -> None:
    seen = iter(["", "", "ready"])
    assert await wait_until(lambda: next(seen)) == "ready"
    with pytest.raises(TimeoutError, match=r"not within 0\.05 s: a song \(last seen: 0\)"):
        await wait_until(lambda: 0, 0.05, "a song")


async def test_what_a_condition_raises_is_passed_on() -> None:
    async def broken() -> bool:
        raise TimeoutError("the condition's own")

    with pytest.raises(TimeoutError, match="the condition's own"):
        await wait_until(broken)
