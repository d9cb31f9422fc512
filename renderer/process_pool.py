"""A pool of warm child processes, so that a crash, leak or hang costs only one job.

At most `size` children exist, each with one borrower at a time. A borrower returns its child
intact, or the pool kills it.
"""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress


class ProcessUnavailable(Exception):
    """No child process is available: the pool is closed, or a new child exited at once."""


class ProcessPool:
    """Processes of `python -m *words`, started on demand and reused.

    `greet` waits until a new child is ready, and raises if it never will be. An error in the
    borrower's block kills its child, unless `is_harmless` says that the child is fine.
    """

    def __init__(
        self,
        size: int,
        words: Sequence[str],
        environment: Mapping[str, str],
        greet: Callable[[Process], Awaitable[None]],
        is_harmless: Callable[[BaseException], bool] = lambda _: False,
    ) -> None:
        self.size = size
        self._words = words
        self._environment = environment
        self._greet = greet
        self._is_harmless = is_harmless
        self._slots = asyncio.Semaphore(size)
        self._idle: list[Process] = []
        self._living: set[Process] = set()
        self._closing = asyncio.Event()

    @asynccontextmanager
    async def borrow(self, wait_s: float | None = None) -> AsyncIterator[Process]:
        """Lend a child for the length of the block; borrowers beyond `size` queue in order.

        Raises TimeoutError if none is free within `wait_s`, ProcessUnavailable once the pool is
        closed, and any error of `greet` or the operating system.
        """
        if self._closing.is_set():
            raise ProcessUnavailable("the pool is closed")
        async with asyncio.timeout(wait_s):
            await self._slots.acquire()
        try:
            child = await self._take()
            try:
                yield child
            except BaseException as error:
                if not self._is_harmless(error):
                    await self._kill_and_wait(child)
                    raise
                self._idle.append(child)
                raise
            self._idle.append(child)
        finally:
            self._slots.release()

    async def close(self) -> None:
        """Kill all children and wait until they are gone."""
        if self._closing.is_set():
            return
        self._closing.set()
        for child in self._living:
            _kill(child)
        for _ in range(self.size):
            await self._slots.acquire()
        for child in self._idle:
            await self._kill_and_wait(child)
        self._idle.clear()

    async def _take(self) -> Process:
        while self._idle:
            child = self._idle.pop()
            if _is_alive(child) and not self._closing.is_set():
                return child
            await self._kill_and_wait(child)
        return await self._start()

    async def _start(self) -> Process:
        if self._closing.is_set():
            raise ProcessUnavailable("the pool is closed")
        # A separate process group keeps Ctrl-C away until the child ignores it itself.
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *self._words),
            stdin=PIPE,
            stdout=PIPE,
            env=self._environment,
            process_group=0,
        )
        self._living.add(child)
        try:
            if self._closing.is_set():
                _kill(child)
            await self._greet(child)
        except BaseException:
            await self._kill_and_wait(child)
            raise
        return child

    async def _kill_and_wait(self, child: Process) -> None:
        """Kill a child that nobody is using, and wait until it is gone."""
        _kill(child)
        await child.communicate()
        self._living.discard(child)


async def describe_end(child: Process) -> str:
    """Describe how a child ended: by a signal or with an exit code."""
    code = await child.wait()
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _is_alive(child: Process) -> bool:
    """Send an empty line: writing to a dead child fails at once, long before it is reaped."""
    assert child.stdin is not None
    child.stdin.write(b"\n")
    return not child.stdin.is_closing()


def _kill(child: Process) -> None:
    with suppress(ProcessLookupError):
        child.kill()
