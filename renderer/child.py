"""`python -m renderer.child ENCODER [LIMIT]`: a warm process that runs the jobs of `wire.py`.

It exits as soon as its standard input ends, even during a job, so it never outlives its parent.
Ctrl-C reaches the whole process group; only the parent acts on it.
"""

import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import BinaryIO

from renderer.audio import check_song
from renderer.card import draw_card
from renderer.errors import RenderCrashed, RenderError
from renderer.jobs import CardJob, LoopJob, RenderJob
from renderer.probe import choose
from renderer.render import make_loop, render
from renderer.scene import build_scene
from renderer.spec import RenderSpec
from renderer.wire import Job, Report, pack_error, pack_report, unpack_job


def serve(requests: Iterable[bytes], answers: BinaryIO, encoder: str) -> None:
    """Send the encoder in use, then answer every request until the input ends."""
    _send(answers, _answer(lambda: _warm_up(encoder)))
    for line in requests:
        job = unpack_job(line)
        _send(answers, _answer(partial(_do, job)))


def _answer(work: Callable[[], Report]) -> bytes:
    try:
        return pack_report(work())
    except RenderError as error:
        return pack_error(error)
    except Exception as error:  # an unexpected error in one job must not end the process
        return pack_error(RenderCrashed(f"{type(error).__name__}: {' '.join(str(error).split())}"))


def _warm_up(encoder: str) -> Report:
    build_scene(RenderSpec())
    return choose(encoder)


def _do(job: Job) -> Report:
    match job:
        case LoopJob():
            return make_loop(job)
        case RenderJob():
            return render(job)
        case Path():
            return check_song(job)
        case CardJob():
            return draw_card(job)


def _send(answers: BinaryIO, line: bytes) -> None:
    answers.write(line)
    answers.flush()


def _listen(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of `stream`; exit the process when it ends, even during a job."""
    lines: SimpleQueue[bytes] = SimpleQueue()

    def read() -> None:
        for line in stream:
            if line.strip():
                lines.put(line)
        os._exit(0)

    Thread(target=read, daemon=True).start()
    while True:
        yield lines.get()


def main() -> None:
    """Serve on the standard streams; output of libraries goes to standard error instead."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(5)  # pages have priority over renders
    encoder, limit_bytes = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    if limit_bytes:
        # Not RLIMIT_AS: a GPU driver reserves far more address space than it ever uses.
        resource.setrlimit(resource.RLIMIT_DATA, (int(limit_bytes), int(limit_bytes)))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(_listen(sys.stdin.buffer), answers, encoder)


if __name__ == "__main__":
    main()
