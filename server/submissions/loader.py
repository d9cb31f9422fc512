"""Many who ask for one row each are answered by one query for all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Loader(Generic[Value]):
    """Calls `read` with the keys that were asked for, at most every `pause_s`.

    The first asker is answered at once; who asks within the pause shares the next read, which
    begins after all of them have asked. `read` returns what it found; its error reaches everybody
    whose key it was given.
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
        """Return what belongs to `key`, read after this call; None when there is nothing."""
        loop = asyncio.get_running_loop()
        if not self._asked:
            self._quiet_until = max(self._quiet_until, loop.time())
            loop.call_at(self._quiet_until, self._begin)
            self._quiet_until += self._pause_s
        answer = self._asked.get(key)
        if answer is None:
            answer = self._asked[key] = loop.create_future()
        # Shielded, for others may have asked for the same.
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
                # Read here too, for its askers may be gone.
                answer.exception()
        else:
            for key, answer in asked.items():
                answer.set_result(found.get(key))
