"""A temporary folder of this process, removed at its end; what killed processes left is swept.

Whoever is alive holds a lock in its folder, so a sweep takes nothing from anybody: the lock is
taken before it gets the name under which it is looked for.
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
    """Yield a new folder below TMPDIR; raise OSError when none can be made."""
    sweep_scratch()
    with TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        fresh = folder / f"{LOCK}.new"
        with fresh.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            fresh.rename(folder / LOCK)
            yield folder


def sweep_scratch() -> None:
    """Remove the folders whose process was killed before it could."""
    for path in Path(gettempdir()).glob(f"{PREFIX}*/{LOCK}"):
        try:
            with path.open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path.parent, ignore_errors=True)
        except OSError:
            continue  # somebody lives there, or has just left, or it is another account's
