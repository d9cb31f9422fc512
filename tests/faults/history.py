"""What became of each submission, recorded by the database at every change of stage.

A trigger sees every committed change, whoever made it, and nothing that was rolled back. So a song
that was published twice differs from one that was published once.
"""

import asyncio
import sqlite3
from collections import defaultdict
from typing import Any

import asyncpg

ON_POSTGRES = """
CREATE TABLE history (number BIGSERIAL, session_id TEXT, stage TEXT);
CREATE FUNCTION note_stage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO history (session_id, stage) VALUES (NEW.session_id, NEW.stage);
    RETURN NEW;
END $$;
CREATE TRIGGER note_stage AFTER UPDATE OF stage ON submissions
    FOR EACH ROW EXECUTE FUNCTION note_stage();
"""
ON_SQLITE = """
CREATE TABLE history (number INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT, stage TEXT);
CREATE TRIGGER note_stage AFTER UPDATE OF stage ON submissions BEGIN
    INSERT INTO history (session_id, stage) VALUES (NEW.session_id, NEW.stage);
END;
"""
SQLITE = "sqlite://"


class History:
    """The history of one database; it also answers other queries."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._connection: asyncpg.Connection | None = None

    async def begin(self) -> None:
        """Start recording; the database has been migrated."""
        if self._url.startswith(SQLITE):
            with sqlite3.connect(self._url.removeprefix(SQLITE)) as connection:
                connection.executescript(ON_SQLITE)
            connection.close()
        else:
            await self.execute(ON_POSTGRES)

    async def execute(self, statements: str) -> None:
        """Run statements in PostgreSQL."""
        await (await self._connect()).execute(statements)

    async def ask(self, query: str) -> list[tuple[Any, ...]]:
        if self._url.startswith(SQLITE):
            return await asyncio.to_thread(self._ask_sqlite, query)
        return [tuple(row) for row in await (await self._connect()).fetch(query)]

    async def stages(self) -> dict[str, list[str]]:
        """Return every stage that each submission has reached, in order."""
        stages: dict[str, list[str]] = defaultdict(list)
        for session_id, stage in await self.ask(
            "SELECT session_id, stage FROM history ORDER BY number"
        ):
            stages[session_id].append(stage)
        return stages

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.terminate()

    async def _connect(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._url.replace("asyncpg", "postgresql", 1))
        return self._connection

    def _ask_sqlite(self, query: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self._url.removeprefix(SQLITE), timeout=30)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()
