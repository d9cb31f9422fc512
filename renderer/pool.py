"""Jobs in warm child processes, so that a crash, a leak or a hang costs one job and no more.

At most `size` children live at a time and each works on one job at a time; whoever has a child in
hand is the one who puts it back or kills it.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from renderer.errors import RenderCrashed, RenderError, RenderTimeout
from renderer.jobs import (
    CardJob,
    CardReport,
    FilmReport,
    PressJob,
    PressReport,
    RenderJob,
    RenderReport,
    SongReport,
)
from renderer.output import discard_parts
from renderer.probe import AUTO, Choice
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
    `/proc`); one that makes films of all formats takes about 0.5 GB.
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
        self._memory_limit_bytes = memory_limit_bytes
        self._slots = asyncio.Semaphore(size)
        self._idle: list[Process] = []
        self._living: set[Process] = set()
        self._closing = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def start(self) -> Choice:
        """Warm up one child and return the encoder in use.

        Raises `EncoderUnavailable` or `AssetsMissing` where no job could ever succeed.
        """
        async with self._slots:
            if not self._idle:
                self._idle.append(await self._start_child())
        assert self.choice is not None
        return self.choice

    async def press(self, job: PressJob) -> PressReport:
        """Run `renderer.press` in a child."""
        job = replace(job, encoder=self._encoder)
        return PressReport(**await self._run("press", job, job.outputs))

    async def render(self, job: RenderJob) -> RenderReport:
        """Run `renderer.render` in a child."""
        job = replace(job, encoder=self._encoder)
        report = await self._run("render", job, job.outputs)
        films = tuple(FilmReport(**film) for film in report["films"])
        return RenderReport(**report | {"films": films})

    async def draw_card(self, job: CardJob) -> CardReport:
        """Run `renderer.draw_card` in a child."""
        return CardReport(**await self._run("draw_card", job, job.outputs))

    async def check_song(self, path: Path) -> SongReport:
        """Run `renderer.check_song` in a child."""
        return SongReport(**await self._run("check_song", path, ()))

    async def close(self) -> None:
        """Kill every child, whatever it is doing, and wait until all are gone."""
        if self._closing.is_set():
            return
        self._closing.set()
        for child in self._living:
            _kill(child)
        for _ in range(self.size):
            await self._slots.acquire()
        for child in self._idle:
            await self._bury(child)
        self._idle.clear()

    async def _run(self, task: str, job: Job, outputs: tuple[Path, ...]) -> dict[str, Any]:
        async with self._slots:
            child = await self._take_child()
            try:
                report = await _ask(child, pack_job(task, job), task, self.timeout_s)
            except (RenderCrashed, RenderTimeout, asyncio.CancelledError):
                await self._bury(child)
                discard_parts(outputs)
                raise
            except RenderError:
                self._idle.append(child)
                raise
            self._idle.append(child)
            return report

    async def _take_child(self) -> Process:
        while self._idle:
            child = self._idle.pop()
            if _is_there(child) and not self._closing.is_set():
                return child
            await self._bury(child)
        return await self._start_child()

    async def _start_child(self) -> Process:
        if self._closing.is_set():
            raise RenderCrashed("the render pool is closed")
        limit = str(self._memory_limit_bytes or "")
        # A group of its own keeps the terminal's Ctrl-C away until the child can ignore it itself.
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "renderer.child", self._encoder, limit),
            stdin=PIPE,
            stdout=PIPE,
            env={**os.environ, **_SMALL},
            process_group=0,
        )
        self._living.add(child)
        try:
            if self._closing.is_set():
                _kill(child)
            self.choice = Choice(**await _ask(child, b"", "start", START_TIMEOUT_S))
        except BaseException:
            await self._bury(child)
            raise
        return child

    async def _bury(self, child: Process) -> None:
        """Kill a child nobody else has in hand and wait until nothing of it is left."""
        _kill(child)
        await child.communicate()
        self._living.discard(child)


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
        raise RenderCrashed(f"{task} was cut off: the child {await _describe_end(child)}")
    return unpack_report(answer)


def _is_there(child: Process) -> bool:
    """Knock with an empty line: writing to a dead child fails at once, long before it is reaped."""
    assert child.stdin is not None
    child.stdin.write(b"\n")
    return not child.stdin.is_closing()


def _kill(child: Process) -> None:
    with suppress(ProcessLookupError):
        child.kill()


async def _describe_end(child: Process) -> str:
    code = await child.wait()
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
