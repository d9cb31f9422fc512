"""Jobs in warm child processes: the renderer's calls as awaitables.

`process_pool.py` says what holds for the children themselves.
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

# Two copies of this library come with NumPy and OpenCV and set 180 MB aside for every core of the
# machine when they are loaded; nothing here asks anything of them.
_SMALL = {"OPENBLAS_NUM_THREADS": "1"}
START_TIMEOUT_S = 60.0  # imports on a cold disk; a job's own limit may be shorter


class RenderPool:
    """The renderer's calls as awaitables; callers beyond `size` queue in order.

    Children start when first needed and stay warm. One that dies or takes longer than `timeout_s`
    is killed and replaced; its caller gets `RenderCrashed` or `RenderTimeout`, others notice
    nothing. A cancelled caller takes its child with it. `encoder` is used for every job, whatever
    the job says. `memory_limit_bytes` bounds what each child may write to (VmData in
    `/proc`); one that makes videos of all formats takes about 0.5 GB.
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
        self.choice: Choice | None = None  # the encoder in use, once a child has told
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
        """Warm up one child and return the encoder in use.

        Raises `EncoderUnavailable` or `AssetsMissing` where no job could ever succeed.
        """
        async with self._processes.borrow():
            pass
        assert self.choice is not None
        return self.choice

    async def make_loop(self, job: LoopJob) -> LoopReport:
        """Run `renderer.make_loop` in a child."""
        job = replace(job, encoder=self._encoder)
        return LoopReport(**await self._run("make_loop", job, job.outputs))

    async def render(self, job: RenderJob) -> RenderReport:
        """Run `renderer.render` in a child."""
        job = replace(job, encoder=self._encoder)
        report = await self._run("render", job, job.outputs)
        videos = tuple(VideoReport(**video) for video in report["videos"])
        return RenderReport(**report | {"videos": videos})

    async def draw_card(self, job: CardJob) -> CardReport:
        """Run `renderer.draw_card` in a child."""
        return CardReport(**await self._run("draw_card", job, job.outputs))

    async def check_song(self, path: Path) -> SongReport:
        """Run `renderer.check_song` in a child."""
        return SongReport(**await self._run("check_song", path, ()))

    async def close(self) -> None:
        """Kill every child, whatever it is doing, and wait until all are gone."""
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
    """Say whether a child told of this error itself and is ready for the next job."""
    return isinstance(error, RenderError) and not isinstance(error, RenderCrashed | RenderTimeout)


async def _ask(child: Process, request: bytes, task: str, timeout_s: float) -> dict[str, Any]:
    """Send one line and return the report that answers it."""
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        async with asyncio.timeout(timeout_s):
            child.stdin.write(request)
            with suppress(ConnectionError):  # it died; the missing answer says so
                await child.stdin.drain()
            answer = await child.stdout.readline()
    except TimeoutError as error:
        raise RenderTimeout(f"{task} was killed after {timeout_s:g} s") from error
    if not answer.endswith(b"\n"):
        raise RenderCrashed(f"{task} was cut off: the child {await describe_end(child)}")
    return unpack_report(answer)
