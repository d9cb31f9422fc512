"""A PostgreSQL of our own.

Invariant: committed rows survive every stop and crash of the server. It trusts every loopback
client and would not survive a crash of the machine, which is right only for tests.
"""

import asyncio
import os
import pwd
import signal
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Mapping
from pathlib import Path

from tests.servers.child import Child, ServerFailed
from tests.servers.polling import HANG_S
from tests.servers.ports import free_port
from tests.servers.programs import find_postgres
from tests.servers.server import Server

SUPERUSER = "petsong"
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "timezone": "UTC",
}


class PostgresServer(Server):
    """One cluster in a temporary folder, on a port that it keeps across restarts.

    Ways to stop it: SIGINT disconnects the clients, SIGTERM waits until they leave, SIGQUIT is a
    crash from which the next start recovers.
    """

    stop_signal = signal.SIGINT

    def __init__(self) -> None:
        self._programs = find_postgres()
        self.port = free_port()
        self.folder: Path = Path(tempfile.mkdtemp(prefix="petsong-postgres-"))
        self._cluster = self.folder / "cluster"
        # PostgreSQL refuses to run as root; its package creates an account for it.
        self._account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        if self._account:
            os.chown(self.folder, self._account.pw_uid, self._account.pw_gid)
        self._databases_made = 0
        options = {**SETTINGS, "port": str(self.port), "unix_socket_directories": str(self.folder)}
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self.child = Child(
            [self._programs / "postgres", "-D", self._cluster, *words],
            self.folder / "postgres.log",
            folder=self.folder,
            account=self._account,
        )

    def url(self, database: str) -> str:
        """Return the address of a database in Tortoise ORM's form."""
        return f"asyncpg://{SUPERUSER}@127.0.0.1:{self.port}/{database}"

    async def start(self, timeout_s: float = HANG_S) -> None:
        """Start the server and wait until it answers; the first start creates the cluster."""
        if not self._cluster.exists():
            await self._run(
                *("initdb", "--no-sync", "--pgdata", str(self._cluster)),
                *("--username", SUPERUSER, "--auth", "trust"),
                *("--encoding", "UTF8", "--locale", "C"),
            )
        await super().start(timeout_s)

    async def is_up(self) -> bool:
        """Whether it accepts connections, which it does not while it recovers from a crash."""
        try:
            await self._run("pg_isready", "--quiet", *self._address())
        except ServerFailed:
            return False
        return True

    async def create_database(self, template: str = "template0") -> str:
        """Create a database, a copy of `template`, and return its address.

        A template can be copied only while nobody is connected to it.
        """
        self._databases_made += 1
        name = f"test_{self._databases_made}"
        await self._run(
            *("createdb", *self._address(), "--username", SUPERUSER),
            *("--maintenance-db", "postgres", "--template", template, name),
        )
        return self.url(name)

    async def drop_database(self, url: str) -> None:
        """Drop a database even if clients are connected to it."""
        await self._run(
            *("dropdb", *self._address(), "--username", SUPERUSER),
            *("--maintenance-db", "postgres", "--if-exists", "--force", url.rpartition("/")[2]),
        )

    def _address(self) -> tuple[str, ...]:
        return ("--host", "127.0.0.1", "--port", str(self.port))

    async def _run(self, program: str, *words: str) -> None:
        """Run one of PostgreSQL's own programs; raise ServerFailed with its output if it fails."""
        running = await asyncio.create_subprocess_exec(
            self._programs / program,
            *words,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            cwd=self.folder,
            user=self._account.pw_uid if self._account else None,
            group=self._account.pw_gid if self._account else None,
            extra_groups=[] if self._account else None,
        )
        output, _ = await running.communicate()
        if running.returncode != 0:
            raise ServerFailed(f"{program} {' '.join(words)}:\n{output.decode(errors='replace')}")
