"""A process of its own that outlives ours, to kill what we leave behind.

Invariant: every process group that was handed over and not taken back is killed as soon as this
process has ended, even where it was killed itself and could not tidy up (pytest-xdist does that to
workers that are slow to leave).
"""

import atexit
import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import cache
from typing import IO


def hand_over(group_id: int) -> None:
    """Have the process group killed when this process ends."""
    _write(f"+{group_id}\n")


def take_back(group_id: int) -> None:
    """Leave the process group alone from now on: its id may go to strangers."""
    _write(f"-{group_id}\n")


def _write(line: str) -> None:
    os.write(_open().fileno(), line.encode())  # in one piece, whichever thread writes


@cache
def _open() -> IO[bytes]:
    """Start the undertaker; it works when the pipe that is returned has no writer any more."""
    # Its own session keeps Ctrl-C from it. It needs no site-packages and starts in no time.
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", __file__], stdin=subprocess.PIPE, start_new_session=True
    )
    assert process.stdin
    atexit.register(process.communicate)
    return process.stdin


def bury() -> None:
    """Read who comes and goes until there is no writer, then kill whoever is left."""
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for group_id in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group_id, signal.SIGKILL)


if __name__ == "__main__":
    bury()
