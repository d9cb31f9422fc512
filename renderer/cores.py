"""The cores this process may use; a container or an affinity mask may grant only some."""

import os


def count_cores() -> int:
    """The number of usable cores; if the system does not tell, all of the machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
