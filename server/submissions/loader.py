"""Batches many requests for one row each into one query."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Loader(Generic[Value]):
    """Calls `read` with all requested keys, at most every `pause_s`.

    The first request is read at once; requests within the pause share the next read, which starts
    after all of them. `read` returns what it found; its error is raised to every caller whose key
    was in the batch.
    """

    def __init__(
        self, read: Callable[[Sequence[str]], Awaitable[Mapping[str, Value]]], pause_s: float
    ) -> None:
        self._read = read
        self._pause_s = pause_s
        self._asked: dict[str, asyncio.Future[Value | None]] = {}
        self._quiet_until = 0.0
        self._reads: set[asyncio.Task[None]] = set()

    async def load(self, key: str) -> Value | None:
        """Return the value of `key`, read after this call; None if there is none."""
        loop = asyncio.get_running_loop()
        if not self._asked:
            self._quiet_until = max(self._quiet_until, loop.time())
            loop.call_at(self._quiet_until, self._begin)
            self._quiet_until += self._pause_s
        answer = self._asked.get(key)
        if answer is None:
            answer = self._asked[key] = loop.create_future()
        # Shielded, because other callers may wait for the same key.
        return await asyncio.shield(answer)

    def _begin(self) -> None:
        asked, self._asked = self._asked, {}
        reading = asyncio.create_task(self._answer(asked))
        self._reads.add(reading)
        reading.add_done_callback(self._reads.discard)

    async def _answer(self, asked: Mapping[str, asyncio.Future[Value | None]]) -> None:
        try:
            found = await self._read(list(asked))
        except Exception as error:
            for answer in asked.values():
                answer.set_exception(error)
                # Retrieved here too, because all callers may have been cancelled.
                answer.exception()
        else:
            for key, answer in asked.items():
                answer.set_result(found.get(key))
