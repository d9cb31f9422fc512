"""SQLite's client, which releases its lock if a transaction could not begin."""

from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)


class SqliteTransaction(SqliteTransactionContext):
    """A transaction that is cleaned up if it cannot begin or its task is cancelled meanwhile.

    Tortoise would keep the lock, and block every later statement.
    """

    async def __aenter__(self) -> TransactionalDBClient:
        """Begin; after a cancellation the thread may still begin, so it is told to roll back."""
        try:
            return await super().__aenter__()
        except BaseException as error:
            if hasattr(self, "token"):
                await self.__aexit__(type(error), error, None)
            raise


class EmbeddedClient(SqliteClient):
    """Tortoise's client with SqliteTransaction."""

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransaction(SqliteTransactionWrapper(self), self._lock)


client_class = EmbeddedClient
"""Tortoise looks for this name in the engine's module."""
