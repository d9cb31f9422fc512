"""A cache for values that many callers read from the database.

Invariant: a value read from one database is never returned for another.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from tortoise import BaseDBAsyncClient

from server.submissions.model import Submission

Value = TypeVar("Value")


class _Reading(Generic[Value]):
    """One call of `read`, running or done, shared by all callers until it is stale."""

    def __init__(self, read: Callable[[], Awaitable[Value]], lifetime_s: float) -> None:
        self._stale_at = asyncio.get_running_loop().time() + lifetime_s
        self._task = asyncio.ensure_future(read())
        self._task.add_done_callback(_retrieve)

    @property
    def is_stale(self) -> bool:
        """Return whether the value is too old or the read failed; a running read is not stale."""
        if not self._task.done():
            return False
        if self._task.cancelled() or self._task.exception() is not None:
            return True
        return self._stale_at <= asyncio.get_running_loop().time()

    async def wait(self) -> Value:
        """Return the value or raise the read's error; cancelled callers leave it running."""
        return await asyncio.shield(self._task)


class TtlCache(Generic[Value]):
    """Calls `read` at most once per `lifetime_s`, however many callers there are.

    Callers that come during a read wait for it. Its error is raised to all of them and is not
    cached.
    """

    def __init__(self, read: Callable[[], Awaitable[Value]], lifetime_s: float) -> None:
        self._read = read
        self._lifetime_s = lifetime_s
        self._readings: WeakKeyDictionary[BaseDBAsyncClient, _Reading[Value]] = WeakKeyDictionary()

    async def get(self) -> Value:
        """Return a value whose read is running or started at most `lifetime_s` ago.

        Raises what `read` raises.
        """
        database = Submission._meta.db
        reading = self._readings.get(database)
        if reading is None or reading.is_stale:
            reading = self._readings[database] = _Reading(self._read, self._lifetime_s)
        return await reading.wait()


def _retrieve(task: "asyncio.Future[Value]") -> None:
    # Otherwise asyncio logs an error that no caller is waiting for any more.
    if not task.cancelled():
        task.exception()
