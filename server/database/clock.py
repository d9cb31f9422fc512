"""Synchronises `clock.now` with the clock of PostgreSQL; with SQLite the host's clock is used.

Otherwise a host whose clock is eleven minutes fast would consider every lease expired and every
song overdue.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog
from tortoise import BaseDBAsyncClient

from server.clock import read_steady_s, set_time

COMPARE_EVERY_S: Final = 10.0
"""Frequent enough to notice a server whose clock is set, or a host that was suspended."""

logger = structlog.get_logger(__name__)


@asynccontextmanager
async def follow_clock(database: BaseDBAsyncClient) -> AsyncIterator[None]:
    """Use the database's clock for the length of the block; raises errors of the first query."""
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
        # Whatever the error, the last comparison still holds and the next one follows.
        except Exception as error:
            logger.warning("clock_not_compared", reason=type(error).__name__)


async def _compare(database: BaseDBAsyncClient) -> None:
    asked_at_s = read_steady_s()
    (row,) = await database.execute_query_dict("SELECT clock_timestamp() AS moment")
    set_time(row["moment"], (asked_at_s + read_steady_s()) / 2)
