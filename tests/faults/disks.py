"""A disk that fills up, and processes that lose the right to write."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SIZE_BYTES = 8 << 20
LIMIT_BYTES = 256 << 10
"""More than a photo and a log of the tests have, less than a database with its journal."""

POWERLESS = ("setpriv", "--inh-caps=-all", "--bounding-set=-all") if os.geteuid() == 0 else ()
"""What to put before a command so that permissions count for root, too."""


class Disk:
    """A folder, on a small disk of its own where mounting is allowed."""

    def __init__(self, folder: Path, *, is_mounted: bool) -> None:
        self.folder = folder
        self._is_mounted = is_mounted

    @contextmanager
    def full(self, pid: int) -> Iterator[None]:
        """Fill the disk; where none is mounted, limit the size of the files a process writes."""
        if self._is_mounted:
            ballast = self.folder / "ballast"
            with ballast.open("wb", buffering=0) as file, suppress(OSError):
                while file.write(bytes(4096)):
                    continue
            try:
                yield
            finally:
                ballast.unlink()
        else:
            before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (LIMIT_BYTES, before[1]))
            try:
                yield
            finally:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def open_disk(folder: Path) -> Iterator[Disk]:
    """Mount a small disk on `folder` for the duration of the block, if mounting is allowed."""
    mount = ("mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES}", "tmpfs", str(folder))
    is_mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield Disk(folder, is_mounted=is_mounted)
    finally:
        if is_mounted:
            subprocess.run(("umount", "--lazy", str(folder)), check=True)
