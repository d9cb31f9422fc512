"""Keeps `clock.now` to the clock of a PostgreSQL server; SQLite has none but the host's.

Without this a host whose clock is eleven minutes fast would take every lease for expired and every
song for overdue.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog
from tortoise import BaseDBAsyncClient

from server.clock import read_steady_s, set_time

COMPARE_EVERY_S: Final = 10.0
"""Often enough for a server whose own clock is set, and for a host that was suspended."""

logger = structlog.get_logger(__name__)


@asynccontextmanager
async def follow_clock(database: BaseDBAsyncClient) -> AsyncIterator[None]:
    """Go by the database's clock for the block's length; raises what the first question does."""
    if database.capabilities.dialect != "postgres":
        yield
        return
    await _compare(database)
    following = asyncio.create_task(_follow(database))
    try:
        yield
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        set_time(None)


async def _follow(database: BaseDBAsyncClient) -> None:
    while True:
        await asyncio.sleep(COMPARE_EVERY_S)
        try:
            await _compare(database)
        # Whatever it was: the last comparison still holds, and the next one comes.
        except Exception as error:
            logger.warning("clock_not_compared", reason=type(error).__name__)


async def _compare(database: BaseDBAsyncClient) -> None:
    asked_at_s = read_steady_s()
    (row,) = await database.execute_query_dict("SELECT clock_timestamp() AS moment")
    set_time(row["moment"], (asked_at_s + read_steady_s()) / 2)
