"""What child processes use, seen from outside, so that nothing has to be built into them.

Linux only: it reads /proc, whose numbers do not depend on what the child says of itself.
"""

import asyncio
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
PROC: Final = Path("/proc")


class ProcessPool:
    """The processes with these ids; without, those that this thread has started and still run."""

    def __init__(self, ids: Iterable[int] | None = None) -> None:
        thread = PROC / f"self/task/{os.getpid()}/children"
        if not thread.exists():
            raise RuntimeError("children are measured through Linux's /proc; run this on Linux")
        numbers = thread.read_text().split() if ids is None else map(str, ids)
        self._folders = [PROC / number for number in numbers]

    def read_cpu_s(self) -> float:
        """Return the CPU seconds of all threads so far, and of ended children of the children."""
        return sum(_read_cpu_s(folder) for folder in self._folders)

    def read_memory_bytes(self) -> int:
        """Return what is resident now."""
        return sum(_read_bytes(folder, "VmRSS") for folder in self._folders)

    def forget_peaks(self) -> None:
        """Let the peaks begin anew at what is resident now."""
        for folder in self._folders:
            (folder / "clear_refs").write_text("5")

    def read_peak_bytes(self) -> int:
        """Return the sum of each child's largest resident memory since `forget_peaks`."""
        return sum(_read_bytes(folder, "VmHWM") for folder in self._folders)


async def run(command: Sequence[str | Path]) -> bytes:
    """Run a command to its end and return what it printed; raises RuntimeError if it failed."""
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    printed, _ = await child.communicate()
    if child.returncode:
        raise RuntimeError(f"{command[0]} ended with exit code {child.returncode}")
    return printed


def _read_cpu_s(folder: Path) -> float:
    # The name in brackets may hold anything; after it utime is the 12th field, cstime the 15th.
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS_PER_S


def _read_bytes(folder: Path, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", (folder / "status").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
