"""A Redis of our own.

Invariant: it writes to disk only with `append_only`, so only such a server keeps anything across a
restart.
"""

import tempfile
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.servers.child import Child
from tests.servers.ports import free_port
from tests.servers.programs import find_redis
from tests.servers.server import Server


class RedisServer(Server):
    """One redis-server in a temporary folder, on a port that it keeps across restarts."""

    def __init__(self, *, append_only: bool = False) -> None:
        program = find_redis()
        self.port = free_port()
        self.folder: Path = Path(tempfile.mkdtemp(prefix="petsong-redis-"))
        settings = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": str(self.folder),
            "save": "",
            "appendonly": "yes" if append_only else "no",
            "appendfsync": "always",
        }
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        self.child = Child([program, *words], self.folder / "redis.log", folder=self.folder)

    @property
    def url(self) -> str:
        """The server's address."""
        return f"redis://127.0.0.1:{self.port}/0"

    async def is_up(self) -> bool:
        """Whether it answers a ping, which it does not while it reads its file."""
        async with Redis.from_url(self.url) as redis:
            try:
                return bool(await redis.ping())
            except RedisConnectionError:
                return False

    async def flush(self) -> None:
        """Delete everything."""
        async with Redis.from_url(self.url) as redis:
            await redis.flushall()
