"""Waiting for a condition in tests.

Invariant: there is always a deadline, and a timeout says what was awaited and last seen. The
interval grows, so that polling does not slow down what it waits for.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

HANG_S = 120.0
"""The usual deadline. It only guards against hanging: no test may fail on a busy machine."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.01, 0.1
GROWTH = 1.2

T = TypeVar("T")


@overload
async def wait_until(
    condition: Callable[[], Awaitable[T | None]], timeout_s: float = HANG_S, message: str = ""
) -> T: ...
@overload
async def wait_until(
    condition: Callable[[], T | None], timeout_s: float = HANG_S, message: str = ""
) -> T: ...
async def wait_until(
    condition: Callable[[], object], timeout_s: float = HANG_S, message: str = ""
) -> object:
    """Call `condition`, a function or a coroutine function, until it returns something true.

    Returns that value. Raises TimeoutError after `timeout_s` seconds, even if a single call hangs;
    an error of the condition itself is passed on. `message` says what is awaited if the condition's
    source does not.
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
