"""Waiting for a condition in tests.

Invariant: there is always a deadline, and passing it says what was waited for and last seen. What
is not there soon is asked for less often, so that asking does not slow down what is waited for.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.01, 0.1
GROWTH = 1.2

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
    pause_s = FIRST_PAUSE_S
    try:
        async with asyncio.timeout(timeout_s) as deadline:
            while True:
                answer = condition()
                seen = await answer if inspect.isawaitable(answer) else answer
                if seen:
                    return seen
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * GROWTH, LONGEST_PAUSE_S)
    except TimeoutError as error:
        if not deadline.expired():
            raise
        awaited = message or inspect.getsource(condition).strip()
        raise TimeoutError(f"not within {timeout_s} s: {awaited} (last seen: {seen!r})") from error
