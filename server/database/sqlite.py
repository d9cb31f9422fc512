"""SQLite's client, whose lock is free again after a transaction that could not begin."""

from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)


class SqliteTransaction(SqliteTransactionContext):
    """A transaction that is over when it cannot begin, or its task is cancelled by then.

    Tortoise's keeps the lock in that case, and with it every statement that is still to come.
    """

    async def __aenter__(self) -> TransactionalDBClient:
        """Begin; the thread may yet do so after a cancellation, so it is told to roll back."""
        try:
            return await super().__aenter__()
        except BaseException as error:
            if hasattr(self, "token"):
                await self.__aexit__(type(error), error, None)
            raise


class EmbeddedClient(SqliteClient):
    """Tortoise's client with such transactions."""

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransaction(SqliteTransactionWrapper(self), self._lock)


client_class = EmbeddedClient
"""What Tortoise looks for in the module that its configuration names as the engine."""
