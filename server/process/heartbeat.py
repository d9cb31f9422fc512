"""A file that workers and the scheduler touch while alive, for the health check of their container.

Reading a file's age costs nothing, so a host busy with renders is not considered dead.
"""

from contextlib import suppress
from pathlib import Path


def touch_heartbeat(file: Path | None) -> None:
    """Touch `file`; do nothing without one, or if the disk refuses."""
    if file is not None:
        with suppress(OSError):
            file.touch()
