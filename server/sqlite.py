"""SQLite for a site whose disk may fill up: what cannot be committed is undone at once.

Tortoise 1.1 would leave such a transaction open on the one connection that all share. Whatever is
written next would become part of it, and the next transaction would never end.
"""

import sqlite3

from tortoise.backends.base.client import TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.exceptions import OperationalError


class WholeTransaction(SqliteTransactionWrapper):
    """A transaction that has ended after `commit`, one way or the other."""

    async def commit(self) -> None:
        """Commit; raise OperationalError, as every statement does, when that cannot be done."""
        try:
            await super().commit()
        except sqlite3.OperationalError as error:
            await self.rollback()
            raise OperationalError(error) from error


class EmbeddedClient(SqliteClient):
    """Tortoise's client with such transactions."""

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionContext(WholeTransaction(self), self._lock)


client_class = EmbeddedClient
"""What Tortoise looks for in the module that its configuration names as the engine."""
