"""PostgreSQL's client: waits for a connection time out, and connections are always returned.

asyncpg's own time-out creates a task per statement; a timer is enough.
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
"""The time-out of a waiting page."""


class BoundedPool:
    """The part of asyncpg's pool that Tortoise uses."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.release = pool.release
        self.close = pool.close
        self.terminate = pool.terminate
        self.expire_connections = pool.expire_connections

    async def acquire(self) -> Any:
        """Acquire a connection; raise TimeoutError if none becomes free in time."""
        async with asyncio.timeout(FREE_WITHIN_S):
            return await self._pool.acquire()


class PostgresTransaction(TransactionContextPooled):
    """A transaction that is cleaned up if it cannot begin or its task is cancelled meanwhile.

    Tortoise would keep the connection, and the task would use the broken transaction for the rest
    of its life: a worker's heartbeat would never be written again.
    """

    async def __aenter__(self) -> TransactionalDBClient:
        """Begin; if that fails after all has begun, the pool rolls the connection back."""
        try:
            return await super().__aenter__()
        except BaseException:
            if hasattr(self, "token"):
                # Tells Tortoise that no rollback is needed.
                await self.__aexit__(TransactionManagementError, None, None)
            raise


class PostgresClient(AsyncpgDBClient):
    """Tortoise's client with BoundedPool and PostgresTransaction."""

    def _in_transaction(self) -> TransactionContext:
        return PostgresTransaction(TransactionWrapper(self), self._pool_init_lock)

    async def create_pool(self, **options: Any) -> BoundedPool:
        return BoundedPool(await super().create_pool(**options))


client_class = PostgresClient
"""Tortoise looks for this name in the engine's module."""
