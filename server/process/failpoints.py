"""Named points at which a test has a process die, as suddenly as in a power cut.

They stand where a death hurts most: between a request and the note of its answer, between a file
and its row, between a row and those who should hear of it.
"""

import os
import signal
from typing import Final

FAILPOINT: Final = os.environ.get("FAILPOINT")
"""The point to die at. Not among the settings: no operator has a use for it."""


def failpoint(name: str) -> None:
    """Kill this process if it was started to die here, leaving it no chance to tidy up."""
    if name == FAILPOINT:
        os.kill(os.getpid(), signal.SIGKILL)
