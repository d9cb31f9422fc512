"""Reads and changes the site's table behind its back, and ends the songs that its rows wait for.

Invariant: only the embedded database of a test's own site is opened, for one statement at a time.
"""

import sqlite3
from contextlib import closing

from server.simulator.generation import Status
from tests.servers import wait_until
from tests.sites import Site


async def finish_song(site: Site, session_id: str, status: Status = Status.SUCCESS) -> None:
    """Make the song service end a submission's song once it has been ordered."""
    await site.wait_for(session_id, stage="composing")
    [(task_id,)] = change(
        site, "SELECT LLM_task_id FROM submissions WHERE session_id = ?", session_id
    )
    await site.simulator.finish(str(task_id), status)


def rename(site: Site, session_id: str, pet_name: str, owner_name: str) -> None:
    """Store names that the form would have refused."""
    statement = "UPDATE submissions SET pet_name = ?, owner_name = ? WHERE session_id = ?"
    change(site, statement, pet_name, owner_name, session_id)


async def hold(site: Site, session_id: str) -> None:
    """Keep a download that has failed once from being retried."""

    def has_failed() -> bool:
        is_postponed = "next_run_at > stage_since AND lease_until IS NULL"
        statement = f"SELECT {is_postponed} FROM submissions WHERE session_id = ?"
        return change(site, statement, session_id) == [(1,)]

    await site.wait_for(session_id, stage="downloading")
    await wait_until(has_failed, message="the download has failed")
    _set_due(site, session_id, "2999-01-01 00:00:00+00:00")


def release(site: Site, session_id: str) -> None:
    """Let a held submission continue."""
    _set_due(site, session_id, "2000-01-01 00:00:00+00:00")


def show_stage(site: Site, session_id: str, stage: str) -> None:
    """Show a held submission as being in another stage."""
    statement = "UPDATE submissions SET stage = ?, version = version + 1 WHERE session_id = ?"
    change(site, statement, stage, session_id)


def _set_due(site: Site, session_id: str, moment: str) -> None:
    change(site, "UPDATE submissions SET next_run_at = ? WHERE session_id = ?", moment, session_id)


def change(site: Site, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Run a statement and return its rows."""
    path = site.folder / "petsong.sqlite3"
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as database:
        return database.execute(statement, values).fetchall()
