"""Runs jobs in warm child processes: the renderer's calls as awaitables.

`process_pool.py` manages the processes.
"""

import asyncio
import os
from asyncio.subprocess import Process
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from renderer.errors import RenderCrashed, RenderError, RenderTimeout
from renderer.jobs import (
    AUTO,
    CardJob,
    CardReport,
    Choice,
    LoopJob,
    LoopReport,
    RenderJob,
    RenderReport,
    SongReport,
    VideoReport,
)
from renderer.parts import discard_parts
from renderer.process_pool import ProcessPool, ProcessUnavailable, describe_end
from renderer.wire import Job, pack_job, unpack_report

# NumPy and OpenCV each bring a copy of OpenBLAS, which reserves 180 MB per core of the machine when
# loaded and is not used here.
_SMALL = {"OPENBLAS_NUM_THREADS": "1"}
START_TIMEOUT_S = 60.0  # imports on a cold disk; a job's own limit may be shorter


class RenderPool:
    """The renderer's calls as awaitables; callers beyond `size` queue in order.

    Children start on demand and stay warm. One that dies or takes longer than `timeout_s` is killed
    and replaced; its caller gets `RenderCrashed` or `RenderTimeout`, others are not affected.
    Cancelling a caller kills its child. `encoder` overrides the encoder of every job.
    `memory_limit_bytes` limits the data segment of each child (VmData in `/proc`); a child that
    makes videos of all formats takes about 0.5 GB.
    """

    def __init__(
        self,
        size: int = 1,
        timeout_s: float = 300.0,
        encoder: str = AUTO,
        memory_limit_bytes: int | None = None,
    ) -> None:
        self.size = size
        self.timeout_s = timeout_s
        self.choice: Choice | None = None  # the encoder in use, once a child has reported it
        self._encoder = encoder
        limit = str(memory_limit_bytes or "")
        self._processes = ProcessPool(
            size,
            ("renderer.child", encoder, limit),
            {**os.environ, **_SMALL},
            self._greet,
            _is_harmless,
        )

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def start(self) -> Choice:
        """Start one child and return the encoder in use.

        Raises `EncoderUnavailable` or `AssetsMissing` if no job could ever succeed.
        """
        async with self._processes.borrow():
            pass
        assert self.choice is not None
        return self.choice

    async def make_loop(self, job: LoopJob) -> LoopReport:
        job = replace(job, encoder=self._encoder)
        return LoopReport(**await self._run("make_loop", job, job.outputs))

    async def render(self, job: RenderJob) -> RenderReport:
        job = replace(job, encoder=self._encoder)
        report = await self._run("render", job, job.outputs)
        videos = tuple(VideoReport(**video) for video in report["videos"])
        return RenderReport(**report | {"videos": videos})

    async def draw_card(self, job: CardJob) -> CardReport:
        return CardReport(**await self._run("draw_card", job, job.outputs))

    async def check_song(self, path: Path) -> SongReport:
        return SongReport(**await self._run("check_song", path, ()))

    async def close(self) -> None:
        """Kill all children and wait until they are gone."""
        await self._processes.close()

    async def _run(self, task: str, job: Job, outputs: tuple[Path, ...]) -> dict[str, Any]:
        try:
            async with self._processes.borrow() as child:
                return await _ask(child, pack_job(task, job), task, self.timeout_s)
        except ProcessUnavailable as error:
            raise RenderCrashed(str(error)) from error
        except (RenderCrashed, RenderTimeout, asyncio.CancelledError):
            discard_parts(outputs)
            raise

    async def _greet(self, child: Process) -> None:
        self.choice = Choice(**await _ask(child, b"", "start", START_TIMEOUT_S))


def _is_harmless(error: BaseException) -> bool:
    """Return whether the child itself reported this error and is ready for the next job."""
    return isinstance(error, RenderError) and not isinstance(error, RenderCrashed | RenderTimeout)


async def _ask(child: Process, request: bytes, task: str, timeout_s: float) -> dict[str, Any]:
    """Send one line and return the report in the answer."""
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        async with asyncio.timeout(timeout_s):
            child.stdin.write(request)
            with suppress(ConnectionError):  # it died, which the missing answer shows
                await child.stdin.drain()
            answer = await child.stdout.readline()
    except TimeoutError as error:
        raise RenderTimeout(f"{task} was killed after {timeout_s:g} s") from error
    if not answer.endswith(b"\n"):
        raise RenderCrashed(f"{task} was cut off: the child {await describe_end(child)}")
    return unpack_report(answer)
