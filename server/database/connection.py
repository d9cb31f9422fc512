"""Tortoise's configuration and connection; the one place that opens the database."""

import asyncio
import fcntl
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
from tortoise import Tortoise, connections
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.exceptions import (
    DBConnectionError,
    OperationalError,
    TransactionManagementError,
)

from server.database import postgres, sqlite
from server.database.clock import follow_clock
from server.errors import DatabaseUnavailable, StartError
from server.setting_types import EMBEDDED_DATABASE
from server.settings import Settings

UNAVAILABLE: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # A connection that is cut just as a transaction begins ends in this one.
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    # A failover: the password is not known yet, or the server is still read-only; and a lock or an
    # idle transaction that was given up.
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidTransactionStateError,
    TransactionManagementError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.PostgresSystemError,
    DBConnectionError,
    # SQLite's, when a transaction cannot be committed; those of statements Tortoise does wrap.
    sqlite3.OperationalError,
)
"""What the drivers raise when the database is away, full or deadlocked: the same may do later.

Tortoise does not wrap these.
"""

TROUBLE: Final = (*UNAVAILABLE, OperationalError)
"""What whoever goes on without the database must catch: SQLite's errors too, which Tortoise wraps
together with mistakes."""


async def _keep_session(connection: object) -> None:
    """Leave a connection that goes back to the pool as it is.

    asyncpg would ask PostgreSQL to forget the session's settings, locks and cursors, a round trip
    after each statement, and we have none; it still rolls back a transaction left open.
    """


POSTGRES_POOL: Final[dict[str, Any]] = {
    "timeout": 5,
    "command_timeout": 10,
    "maxsize": 10,
    "reset": _keep_session,
}
"""What asyncpg's pool is opened with; seconds for connecting and for one statement, in place of
for ever."""

SQLITE: Final = "sqlite://"


def orm_configuration(url: str) -> dict[str, Any]:
    """Return Tortoise's configuration for the database at `url`."""
    # Tortoise keeps prepared statements by connection name for the life of the process; under one
    # name SQLite's would be sent to PostgreSQL by a process that has used both.
    engine = url.partition("://")[0]
    connection = expand_db_url(url)
    connection["engine"] = (postgres if engine == "asyncpg" else sqlite).__name__
    if engine == "asyncpg":
        connection["credentials"] |= POSTGRES_POOL
    return {
        "connections": {engine: connection},
        "apps": {
            "models": {
                "models": ["server.submissions.model"],
                "default_connection": engine,
                "migrations": "migrations",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


TORTOISE_ORM: Final = orm_configuration(EMBEDDED_DATABASE)
"""What Tortoise's own command line is pointed at when a migration is written."""


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[None]:
    """Connect for the length of the block; one at a time in a process.

    Raises DatabaseUnavailable when it does not answer or has not been migrated.
    """
    sqlite_file = find_sqlite_file(settings.database_url)
    if sqlite_file and not sqlite_file.is_file():
        raise DatabaseUnavailable(f"there is no database at {sqlite_file}: run petsong migrate")
    # The fallback lets tasks started outside this context (Hypercorn's, Taskiq's) find the
    # connection: https://github.com/tortoise/tortoise-orm/issues/2244
    await Tortoise.init(
        config=orm_configuration(settings.database_url), _enable_global_fallback=True
    )
    try:
        await _require_schema()
        async with follow_clock(connections.all()[0]):
            yield
    finally:
        await Tortoise.close_connections()


@contextmanager
def lock_embedded(settings: Settings) -> Iterator[None]:
    """Keep a second site away from the SQLite file: two would lock each other out of it.

    Raises StartError when one is running; a killed one holds nothing.
    """
    file = Path(settings.database_url.removeprefix(SQLITE))
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartError(f"another site is running on {file}; stop it first") from error
        yield


def is_busy(error: OperationalError) -> bool:
    """Say whether SQLite could not just now: locked by somebody, full or read-only."""
    return any(isinstance(reason, sqlite3.OperationalError) for reason in error.args)


def is_trouble(error: BaseException) -> bool:
    """Say whether an error of TROUBLE may pass by itself, and is no mistake in a statement."""
    return not isinstance(error, OperationalError) or is_busy(error)


async def _require_schema() -> None:
    try:
        async with asyncio.timeout(5):
            for connection in connections.all():
                await connection.execute_query("SELECT id FROM song_accounts")
    except UNAVAILABLE as error:
        raise DatabaseUnavailable(f"the database does not answer: {error}") from error
    except OperationalError as error:
        raise DatabaseUnavailable(
            f"the database has not been migrated: run petsong migrate ({error})"
        ) from error


def find_sqlite_file(url: str) -> Path | None:
    """Return the file that `url` names, None when it names a server."""
    return Path(url.removeprefix(SQLITE)) if url.startswith(SQLITE) else None
