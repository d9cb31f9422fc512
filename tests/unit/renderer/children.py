"""The pool's children as the operating system sees them."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path


async def wait_until(is_met: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_met():  # noqa: ASYNC110 - what happens in other processes sets no event
            await asyncio.sleep(0.005)


def list_children(parent: int | None = None, module: str = "renderer.child") -> set[int]:
    """Return the ids of the renderers, or other modules, started by this process (or `parent`)."""
    parent = parent or os.getpid()
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            is_child = int(fields[1]) == parent and fields[0] != "Z"
            if is_child and module.encode() in (entry / "cmdline").read_bytes():
                found.add(int(entry.name))
    return found


def is_alive(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def read_memory(process_id: int, kind: str) -> int:
    """Return bytes as `/proc` gives them, for instance "VmData"."""
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(kind))
    return int(line.split()[1]) * 1024


def forget_peak(process_id: int) -> None:
    """Reset "VmHWM", the peak memory of a process."""
    Path(f"/proc/{process_id}/clear_refs").write_text("5")


def list_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
