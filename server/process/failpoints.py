"""Failpoints: named places at which tests kill a process, as suddenly as a power cut.

They are where a crash does most harm: between a request and the record of its answer, between a
file and its row, between a row and its notifications.
"""

import os
import signal
from typing import Final

FAILPOINT: Final = os.environ.get("FAILPOINT")
"""The failpoint to die at. It is not in the settings because operators have no use for it."""


def failpoint(name: str) -> None:
    """Kill this process with SIGKILL if it was started with this failpoint."""
    if name == FAILPOINT:
        os.kill(os.getpid(), signal.SIGKILL)
