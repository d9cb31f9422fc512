"""A reaper: a separate process that outlives ours, to kill the processes that we leave behind.

Invariant: every process group that was registered and not unregistered is killed as soon as this
process has ended, even if it was killed itself and could not clean up (pytest-xdist does that to
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


def register(group_id: int) -> None:
    """Kill the process group when this process ends."""
    _write(f"+{group_id}\n")


def unregister(group_id: int) -> None:
    """Leave the process group alone from now on: the system may reuse its id."""
    _write(f"-{group_id}\n")


def _write(line: str) -> None:
    os.write(_open().fileno(), line.encode())  # one write, hence atomic between threads


@cache
def _open() -> IO[bytes]:
    """Start the reaper, which waits until the returned pipe has no writer left."""
    # A session of its own shields it from Ctrl-C. Without site-packages it starts at once.
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", __file__], stdin=subprocess.PIPE, start_new_session=True
    )
    assert process.stdin
    atexit.register(process.communicate)
    return process.stdin


def reap() -> None:
    """Read registrations until the pipe has no writer, then kill the groups that are left."""
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for group_id in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group_id, signal.SIGKILL)


if __name__ == "__main__":
    reap()
