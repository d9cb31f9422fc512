"""The site's table, read and changed behind the site's back, and the songs that its rows wait for.

Invariant: only the embedded database of a test's own site is opened, for one statement at a time.
"""

import sqlite3
from contextlib import closing

from server.simulator.generation import Status
from tests.sites import Site


async def finish_song(site: Site, session_id: str, status: Status = Status.SUCCESS) -> None:
    """Let the song service end the song of a submission, once it has been ordered."""
    await site.wait_for(session_id, stage="composing")
    [(task_id,)] = change(
        site, "SELECT LLM_task_id FROM submissions WHERE session_id = ?", session_id
    )
    await site.simulator.finish(str(task_id), status)


def rename(site: Site, session_id: str, pet_name: str, owner_name: str) -> None:
    """Store names that the form would never have let in."""
    statement = "UPDATE submissions SET pet_name = ?, owner_name = ? WHERE session_id = ?"
    change(site, statement, pet_name, owner_name, session_id)


def change(site: Site, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Run a statement and return its rows."""
    path = site.folder / "petsong.sqlite3"
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as database:
        return database.execute(statement, values).fetchall()
