"""The cores this process may use; a container or a task set may grant fewer than there are."""

import os


def count_cores() -> int:
    """Return their number; where the system does not tell, that of the whole machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
