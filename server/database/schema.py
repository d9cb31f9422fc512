"""Migrates the database to the newest step of `migrations/`, or to an earlier one.

All steps of a run, and the record of them, are one transaction: a run that is killed changes
nothing. Parallel runs wait for each other.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
from tortoise import BaseDBAsyncClient, Model, Tortoise, connections
from tortoise.fields import Field
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.migrations.loader import MigrationLoader
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_editor import BaseSchemaEditor, SqliteSchemaEditor
from tortoise.transactions import in_transaction

import migrations
from server.database.connection import UNAVAILABLE, find_sqlite_file, orm_configuration
from server.errors import DatabaseUnavailable, StartError
from server.process.failpoints import failpoint
from server.settings import Settings

LOCK: Final = 0x7065_7473
NEWEST: Final = "__latest__"
EMPTY: Final = "empty"
FIRST: Final = "__first__"


class IndexKeepingEditor(SqliteSchemaEditor):
    """Drops a column of SQLite with DROP COLUMN.

    Tortoise copies the table without the column instead, and loses its indexes.
    """

    async def remove_field(self, model: type[Model], field: Field[Any]) -> None:
        await BaseSchemaEditor.remove_field(self, model, field)


class AppliedSteps(MigrationRecorder):
    """The table of applied steps, which already exists."""

    async def ensure_schema(self, schema_editor: BaseSchemaEditor) -> None:
        """Do nothing: creating the table would end SQLite's transaction."""


class Executor(MigrationExecutor):
    """Tortoise's executor with our editor for SQLite; call `create_table` first."""

    def __init__(self, connection: BaseDBAsyncClient, apps: dict[str, dict[str, Any]]) -> None:
        super().__init__(connection, apps)
        self.recorder = AppliedSteps(connection)
        self.loader = MigrationLoader(apps, self.recorder, load=False)

    async def create_table(self) -> None:
        """Create the table of applied steps if it is missing."""
        await MigrationRecorder(self.connection).ensure_schema(self._schema_editor(atomic=False))

    def _schema_editor(self, atomic: bool = True, collect_sql: bool = False) -> BaseSchemaEditor:
        editor = super()._schema_editor(atomic, collect_sql)
        if isinstance(editor, SqliteSchemaEditor):
            return IndexKeepingEditor(self.connection, atomic=atomic, collect_sql=collect_sql)
        return editor


def list_steps() -> list[str]:
    """All step names, oldest first."""
    return sorted(path.stem for path in Path(migrations.__path__[0]).glob("[0-9]*.py"))


async def migrate(settings: Settings, to: str | None = None) -> None:
    """Migrate to the newest schema, or up or down to the step whose name starts with `to`.

    `empty` undoes all steps. Raises StartError for an unknown step, DatabaseUnavailable if the
    database does not respond; then nothing has changed.
    """
    target = NEWEST if to is None else _find_step(to)
    url = settings.database_url
    async with _lock_folder(file.parent) if (file := find_sqlite_file(url)) else _lock_server(url):
        try:
            await _move_to(url, target)
        finally:
            # Otherwise SQLite's thread keeps the process alive.
            await Tortoise.close_connections()


async def _move_to(url: str, target: str) -> None:
    configuration = orm_configuration(url)
    for connection in configuration["connections"].values():
        # A migration of a large table may take minutes; a statement for a visitor may not.
        connection["credentials"].pop("command_timeout", None)
    await Tortoise.init(config=configuration)
    (outside,) = connections.all()
    await Executor(outside, configuration["apps"]).create_table()
    async with in_transaction() as connection:
        executor = Executor(connection, configuration["apps"])
        await executor.migrate(
            [MigrationTarget("models", target)],
            progress=lambda event, _, step: failpoint(f"{event}_{step}"),
        )


def _find_step(name: str) -> str:
    if name == EMPTY:
        return FIRST
    found = [step for step in list_steps() if name and step.startswith(name)]
    if len(found) != 1:
        raise StartError(f"no step {name!r}: choose {EMPTY}, {', '.join(list_steps())}")
    return found[0]


@asynccontextmanager
async def _lock_folder(folder: Path) -> AsyncIterator[None]:
    # Lock the folder itself, so that no lock file is left behind.
    lock = _open_folder(folder)
    try:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _open_folder(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise DatabaseUnavailable(f"cannot write to {folder}: {error}") from error


@asynccontextmanager
async def _lock_server(url: str) -> AsyncIterator[None]:
    try:
        lock = await asyncpg.connect(url.replace("asyncpg://", "postgresql://", 1))
    except UNAVAILABLE as error:
        raise DatabaseUnavailable(f"the database does not respond: {error}") from error
    try:
        await lock.execute("SELECT pg_advisory_lock($1)", LOCK)
        yield
    finally:
        await lock.close()
