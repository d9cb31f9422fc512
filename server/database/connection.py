"""Configures Tortoise and opens the database; nothing else opens it."""

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
    # A connection that breaks just as a transaction begins raises this.
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    # During a failover: the password is not known yet, or the server is still read-only. Also a
    # lock or an idle transaction that timed out.
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidTransactionStateError,
    TransactionManagementError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.PostgresSystemError,
    DBConnectionError,
    # SQLite's error if a transaction cannot be committed; errors of statements are wrapped by
    # Tortoise.
    sqlite3.OperationalError,
)
"""Errors of the drivers if the database is unreachable, full or deadlocked: retrying may work.

Tortoise does not wrap these.
"""

TROUBLE: Final = (*UNAVAILABLE, OperationalError)
"""For code that continues without the database: also SQLite's errors, which Tortoise wraps together
with faulty statements."""


async def _keep_session(connection: object) -> None:
    """Skip asyncpg's reset when a connection returns to the pool.

    The reset clears settings, locks and cursors with a round trip after each statement, and we use
    none of them. Open transactions are still rolled back.
    """


POSTGRES_POOL: Final[dict[str, Any]] = {
    "timeout": 5,
    "command_timeout": 10,
    "maxsize": 10,
    "reset": _keep_session,
}
"""Options of asyncpg's pool. Connecting and single statements time out after these seconds, instead
of never."""

SQLITE: Final = "sqlite://"


def orm_configuration(url: str) -> dict[str, Any]:
    # Tortoise caches prepared statements by connection name for the life of the process. Under one
    # name, a process that has used both would send SQLite's statements to PostgreSQL.
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
"""The configuration for Tortoise's command line, used to write migrations."""


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[None]:
    """Connect for the length of the block; one connection pool per process.

    Raises DatabaseUnavailable if the database does not respond or was not migrated.
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
    """Lock the SQLite file against a second site: two would block each other.

    Raises StartError if another site is running; the lock of a killed process is released.
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
    """Return whether SQLite failed temporarily: locked, full or read-only."""
    return any(isinstance(reason, sqlite3.OperationalError) for reason in error.args)


def is_trouble(error: BaseException) -> bool:
    """Return whether an error of TROUBLE may pass by itself, and is not a faulty statement."""
    return not isinstance(error, OperationalError) or is_busy(error)


async def _require_schema() -> None:
    try:
        async with asyncio.timeout(5):
            for connection in connections.all():
                await connection.execute_query("SELECT id FROM song_accounts")
    except UNAVAILABLE as error:
        raise DatabaseUnavailable(f"the database does not respond: {error}") from error
    except OperationalError as error:
        raise DatabaseUnavailable(
            f"the database has not been migrated: run petsong migrate ({error})"
        ) from error


def find_sqlite_file(url: str) -> Path | None:
    """The file of an SQLite URL, None for a server."""
    return Path(url.removeprefix(SQLITE)) if url.startswith(SQLITE) else None
