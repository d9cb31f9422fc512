"""A temporary folder per process; folders of killed processes are removed by the next one.

A live process holds a lock in its folder, so nothing in use is removed: the lock is taken before it
gets the name that others look for.
"""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Final

PREFIX: Final = "petsong-scratch-"
LOCK: Final = "lock"


@contextmanager
def open_scratch() -> Iterator[Path]:
    """Yield a new folder below TMPDIR; raise OSError if none can be created."""
    sweep_scratch()
    with TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        fresh = folder / f"{LOCK}.new"
        with fresh.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            fresh.rename(folder / LOCK)
            yield folder


def sweep_scratch() -> None:
    """Remove the folders of killed processes."""
    for path in Path(gettempdir()).glob(f"{PREFIX}*/{LOCK}"):
        try:
            with path.open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path.parent, ignore_errors=True)
        except OSError:
            continue  # in use, just removed, or owned by another account
