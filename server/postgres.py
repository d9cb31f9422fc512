"""PostgreSQL's connections: whoever waits for a free one waits some seconds, and not for ever.

asyncpg bounds this wait only by a task of its own for each statement; a timer is all it takes.
"""

import asyncio
from typing import Any, Final

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient

FREE_WITHIN_S: Final = 5
"""As long as a waiting page waits for its answer."""


class BoundedPool:
    """As much of asyncpg's pool as Tortoise uses."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.release = pool.release
        self.close = pool.close
        self.terminate = pool.terminate
        self.expire_connections = pool.expire_connections

    async def acquire(self) -> Any:
        """Return a connection; raise TimeoutError when none becomes free, or is made, in time."""
        async with asyncio.timeout(FREE_WITHIN_S):
            return await self._pool.acquire()


class PostgresClient(AsyncpgDBClient):
    """Tortoise's client on a bounded pool."""

    async def create_pool(self, **options: Any) -> BoundedPool:
        """Connect; Tortoise calls this with the credentials of its configuration."""
        return BoundedPool(await super().create_pool(**options))


client_class = PostgresClient
"""What Tortoise looks for in the module that its configuration names as the engine."""
