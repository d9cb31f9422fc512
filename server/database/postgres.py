"""PostgreSQL's connections: waited for during some seconds, not for ever, and given back always.

asyncpg bounds this wait only by a task of its own for each statement; a timer is all it takes.
"""

import asyncio
from typing import Any, Final

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import (
    TransactionalDBClient,
    TransactionContext,
    TransactionContextPooled,
)
from tortoise.exceptions import TransactionManagementError

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


class PostgresTransaction(TransactionContextPooled):
    """A transaction that is over when it cannot begin, or its task is cancelled by then.

    Tortoise's keeps the connection in that case, and the task would take the broken transaction
    for the one under way as long as it lives: a worker's heartbeat would never be heard again.
    """

    async def __aenter__(self) -> TransactionalDBClient:
        """Begin; a connection that has begun nonetheless is rolled back by its pool."""
        try:
            return await super().__aenter__()
        except BaseException:
            if hasattr(self, "token"):
                # What Tortoise calls a transaction that needs no rollback.
                await self.__aexit__(TransactionManagementError, None, None)
            raise


class PostgresClient(AsyncpgDBClient):
    """Tortoise's client on a bounded pool, with such transactions."""

    def _in_transaction(self) -> TransactionContext:
        return PostgresTransaction(TransactionWrapper(self), self._pool_init_lock)

    async def create_pool(self, **options: Any) -> BoundedPool:
        """Connect; Tortoise calls this with the credentials of its configuration."""
        return BoundedPool(await super().create_pool(**options))


client_class = PostgresClient
"""What Tortoise looks for in the module that its configuration names as the engine."""
