"""A file that a worker or the scheduler touches while it lives, for its container's health check.

Reading a file's age costs nothing, so a node full of renders is not called dead for want of a core.
"""

from contextlib import suppress
from pathlib import Path


def touch_heartbeat(file: Path | None) -> None:
    """Give `file` the present time; without a file, or with a disk that refuses, do nothing."""
    if file is not None:
        with suppress(OSError):
            file.touch()
