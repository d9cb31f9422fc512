"""Composes and encodes songs in a child process, one after the other.

Composing is CPU-bound for a second or two; in a child it cannot delay HTTP responses. Jobs and
replies are JSON lines over the child's pipes, so the child exits when its parent is gone.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SongJob:
    """What to record: all parameters of a song, and the file to write."""

    path: str
    vibe: str
    seed: int
    owner_name: str
    pet_name: str
    song_s: float | None
    bit_rate_kbps: int


class StudioError(Exception):
    """The song could not be recorded; the message says why."""


class Studio:
    """Records songs in a child process, which is restarted whenever it has died."""

    def __init__(self) -> None:
        self._child: Process | None = None
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        """Start the child, so that the first song does not wait for it."""
        await self._living_child()

    async def record(self, job: SongJob) -> None:
        """Compose and encode one song to `job.path`, which appears only when it is complete.

        Raises:
            StudioError: the child failed or died; the next job starts a new one.
        """
        async with self._turn:
            child = await self._living_child()
            assert child.stdin is not None
            assert child.stdout is not None
            try:
                child.stdin.write(json.dumps(asdict(job)).encode() + b"\n")
                await child.stdin.drain()
                line = await child.stdout.readline()
            except ConnectionError as error:
                raise StudioError("the studio stopped") from error
            except asyncio.CancelledError:
                # The reply to the cancelled job must not be taken for the next one's.
                await self.close()
                raise
        if not line:
            raise StudioError("the studio stopped while recording")
        if reason := json.loads(line)["error"]:
            raise StudioError(reason)

    async def close(self) -> None:
        """Kill the child, even during a song."""
        child, self._child = self._child, None
        if child is not None and child.returncode is None:
            child.kill()
            await child.wait()

    async def _living_child(self) -> Process:
        if self._child is None or self._child.returncode is not None:
            self._child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE
            )
        return self._child


def _serve_parent() -> None:
    # Imported here because the parent, which shares this module, needs neither NumPy nor FFmpeg.
    from .music.composer import compose
    from .music.mp3 import write_mp3

    # Ctrl-C reaches the whole group; this process exits when its parent does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        error = None
        try:
            job = SongJob(**json.loads(line))
            song = compose(job.vibe, job.seed, job.owner_name, job.pet_name, job.song_s)
            write_mp3(Path(job.path), song, bit_rate_kbps=job.bit_rate_kbps)
        except Exception as reason:
            error = f"{type(reason).__name__}: {reason}"
        print(json.dumps({"error": error}), flush=True)


if __name__ == "__main__":
    _serve_parent()
