"""Measures the resource use of processes from outside, without any code in them.

Linux only: it reads /proc, which does not depend on what a process reports about itself.
"""

import asyncio
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
PROC: Final = Path("/proc")


class MeasuredProcesses:
    """The processes with these ids; without ids, the running children of this thread."""

    def __init__(self, ids: Iterable[int] | None = None) -> None:
        thread = PROC / f"self/task/{os.getpid()}/children"
        if not thread.exists():
            raise RuntimeError("children are measured through Linux's /proc; run this on Linux")
        numbers = thread.read_text().split() if ids is None else map(str, ids)
        self._folders = [PROC / number for number in numbers]

    def read_cpu_s(self) -> float:
        """CPU seconds of all threads so far, including ended children."""
        return sum(_read_cpu_s(folder) for folder in self._folders)

    def read_memory_bytes(self) -> int:
        """Resident memory now."""
        return sum(_read_bytes(folder, "VmRSS") for folder in self._folders)

    def forget_peaks(self) -> None:
        """Reset the peaks to the memory that is resident now."""
        for folder in self._folders:
            (folder / "clear_refs").write_text("5")

    def read_peak_bytes(self) -> int:
        """The sum of each process's peak resident memory since `forget_peaks`."""
        return sum(_read_bytes(folder, "VmHWM") for folder in self._folders)


async def run(command: Sequence[str | Path]) -> bytes:
    """Run a command and return its output; raises RuntimeError if it fails."""
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    printed, _ = await child.communicate()
    if child.returncode:
        raise RuntimeError(f"{command[0]} ended with exit code {child.returncode}")
    return printed


def _read_cpu_s(folder: Path) -> float:
    # The name in brackets may contain anything; after it utime is the 12th field, cstime the 15th.
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS_PER_S


def _read_bytes(folder: Path, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", (folder / "status").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
