"""Waiting for a condition in tests.

Invariant: there is always a deadline, and passing it says what was waited for and last seen.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

PAUSE_S = 0.02

T = TypeVar("T")


@overload
async def wait_until(
    condition: Callable[[], Awaitable[T | None]], timeout_s: float = 15, message: str = ""
) -> T: ...
@overload
async def wait_until(
    condition: Callable[[], T | None], timeout_s: float = 15, message: str = ""
) -> T: ...
async def wait_until(
    condition: Callable[[], object], timeout_s: float = 15, message: str = ""
) -> object:
    """Ask `condition`, a function or a coroutine function, until it answers with something true.

    Returns that answer. Raises TimeoutError after `timeout_s` seconds, also when one single call
    hangs; what the condition itself raises is passed on. `message` says what is waited for, where
    the condition's source would not.
    """
    seen: object = None
    try:
        async with asyncio.timeout(timeout_s) as deadline:
            while True:
                seen = condition()
                if inspect.isawaitable(seen):
                    seen = await seen
                if seen:
                    return seen
                await asyncio.sleep(PAUSE_S)
    except TimeoutError as error:
        if not deadline.expired():
            raise
        awaited = message or inspect.getsource(condition).strip()
        raise TimeoutError(f"not within {timeout_s} s: {awaited} (last seen: {seen!r})") from error
