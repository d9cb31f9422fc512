"""What is read from the database for many askers, and kept for some seconds.

Invariant: what was read from one database is never told of another.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from tortoise import BaseDBAsyncClient

from server.submissions.model import Submission

Value = TypeVar("Value")


class _Reading(Generic[Value]):
    """One call of `read`, under way or ended, that all share who ask until it is stale."""

    def __init__(self, read: Callable[[], Awaitable[Value]], lifetime_s: float) -> None:
        self._stale_at = asyncio.get_running_loop().time() + lifetime_s
        self._task = asyncio.ensure_future(read())
        self._task.add_done_callback(_retrieve)

    @property
    def is_stale(self) -> bool:
        """Say whether its value is too old, or it ended without one; while under way it is not."""
        if not self._task.done():
            return False
        if self._task.cancelled() or self._task.exception() is not None:
            return True
        return self._stale_at <= asyncio.get_running_loop().time()

    async def wait(self) -> Value:
        """Return the value, or raise what the read raised; who is cancelled leaves it to others."""
        return await asyncio.shield(self._task)


class TtlCache(Generic[Value]):
    """Calls `read` at most once in `lifetime_s`, however many ask at once.

    Who asks while a read is under way waits for that one. Its error reaches all of them and is
    not kept: whoever asks next reads again.
    """

    def __init__(self, read: Callable[[], Awaitable[Value]], lifetime_s: float) -> None:
        self._read = read
        self._lifetime_s = lifetime_s
        self._readings: WeakKeyDictionary[BaseDBAsyncClient, _Reading[Value]] = WeakKeyDictionary()

    async def get(self) -> Value:
        """Return a value whose read is under way, or began at most `lifetime_s` ago.

        Raises what `read` raises.
        """
        database = Submission._meta.db
        reading = self._readings.get(database)
        if reading is None or reading.is_stale:
            reading = self._readings[database] = _Reading(self._read, self._lifetime_s)
        return await reading.wait()


def _retrieve(task: "asyncio.Future[Value]") -> None:
    # Without it asyncio complains of an error for which everybody has stopped waiting.
    if not task.cancelled():
        task.exception()
