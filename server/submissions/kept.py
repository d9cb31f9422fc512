"""What is read from the database for many askers, and kept for some seconds.

Invariant: what was read from one database is never told of another.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from tortoise import BaseDBAsyncClient

from server.submissions.model import Submission

Value = TypeVar("Value")


@dataclass
class _Reading(Generic[Value]):
    value: Value
    stale_at: float


class Kept(Generic[Value]):
    """Calls `read` at most once in `lifetime_s`, and else returns what it returned."""

    def __init__(self, read: Callable[[], Awaitable[Value]], lifetime_s: float) -> None:
        self._read = read
        self._lifetime_s = lifetime_s
        self._readings: WeakKeyDictionary[BaseDBAsyncClient, _Reading[Value]] = WeakKeyDictionary()

    async def get(self) -> Value:
        """Return the value, at most `lifetime_s` old; raises what `read` raises."""
        database = Submission._meta.db
        moment = asyncio.get_running_loop().time()
        reading = self._readings.get(database)
        if reading is not None:
            if moment < reading.stale_at:
                return reading.value
            # First of all, so that whoever asks meanwhile takes the former one and reads nothing.
            reading.stale_at = moment + self._lifetime_s
        value = await self._read()
        self._readings[database] = _Reading(value, moment + self._lifetime_s)
        return value
