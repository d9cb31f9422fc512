"""Cleans photos in warm child processes, so that a malicious photo costs one child at most.

A photo that kills its child, or takes too long, is rejected as unreadable. If no child is
available, that is our fault, not the photo's.
"""

import asyncio
import math
import os
from asyncio.subprocess import Process
from contextlib import suppress
from typing import Final

import structlog

from renderer.process_pool import ProcessPool, ProcessUnavailable, describe_end
from server import words
from server.errors import FormRejected, PhotosUnavailable
from server.photos.cleaning import photo_rejected

NUM_CHILDREN: Final = 2
START_TIMEOUT_S: Final = 30.0  # imports on a cold disk
INHERITED: Final = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL")
"""Environment variables that a child inherits: no keys, passwords or URLs of ours."""

logger = structlog.get_logger(__name__)


class PhotoPool:
    """`clean_photo` as an awaitable, in at most NUM_CHILDREN processes.

    Children start on demand. A child that takes longer than `timeout_s` for a photo is killed, and
    callers wait for a child at most twice that long, so one malicious photo only delays others.
    `memory_limit_bytes` limits the address space of each child.
    """

    def __init__(self, timeout_s: float, memory_limit_bytes: int) -> None:
        self._timeout_s = timeout_s
        alarm_s = math.ceil(timeout_s) + 1
        words = ("server.photos.child", str(alarm_s), str(memory_limit_bytes))
        environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
        self._processes = ProcessPool(NUM_CHILDREN, words, environment, _greet)

    async def clean(self, text: str) -> bytes:
        """Return a 600x600 sRGB JPEG without metadata, made from a base64 JPEG of that size.

        Raises FormRejected for anything else, and PhotosUnavailable when no child can look at it.
        """
        try:
            async with self._processes.borrow(2 * self._timeout_s) as child:
                jpeg = await self._ask(child, text)
        except (ProcessUnavailable, OSError) as error:
            raise PhotosUnavailable(f"no photo worker: {error or 'all are busy'}") from error
        if not jpeg:
            raise photo_rejected()
        return jpeg

    async def close(self) -> None:
        """Kill all children and wait until they are gone."""
        await self._processes.close()

    async def _ask(self, child: Process, text: str) -> bytes:
        assert child.stdin is not None
        # A lone surrogate is not valid base64 either.
        photo = text.encode(errors="replace")
        try:
            async with asyncio.timeout(self._timeout_s):
                child.stdin.write(b"%d\n" % len(photo))
                child.stdin.write(photo)
                with suppress(ConnectionError):  # it died, which the missing answer shows
                    await child.stdin.drain()
                return await _read_answer(child)
        except TimeoutError as error:
            logger.warning("photo_child_killed", after_s=self._timeout_s)
            raise _unreadable() from error
        except EOFError as error:
            logger.warning("photo_child_died", how=await describe_end(child))
            raise _unreadable() from error


async def _greet(child: Process) -> None:
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            await _read_answer(child)
    except EOFError as error:
        raise ProcessUnavailable(f"it {await describe_end(child)} at once") from error


async def _read_answer(child: Process) -> bytes:
    assert child.stdout is not None
    length = await child.stdout.readuntil(b"\n")
    return await child.stdout.readexactly(int(length))


def _unreadable() -> FormRejected:
    message = words.PHOTO_UNREADABLE
    return FormRejected("Invalid image format", message, {"photo": message})
