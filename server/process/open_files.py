"""Open-file limits and usage of this process; each visitor's socket is a file."""

import os
import resource
from typing import Final

MAX_FILES: Final = 20_000
"""Two for every visitor that one process is expected to hold."""
SPARE_FILES: Final = 200
"""Reserved from sockets: for the database, Redis, and requests with the files they use."""
OWN_FILES: Final = 50
"""The part of those reserved from requests, too: the process must be able to serve them."""


def read_limit() -> int:
    return _count(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def read_visitors_limit() -> int:
    """The number of open files above which no visitor is accepted."""
    return read_limit() - OWN_FILES


def read_hard_limit() -> int:
    """The limit that the process may raise its own to without privileges."""
    return _count(resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def raise_limit() -> None:
    """Raise the limit to MAX_FILES, or to the hard limit."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = min(MAX_FILES, _count(hard))
    if read_limit() < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def measure_use() -> int:
    """Usage of the visitors' limit in percent; at 100 nobody is accepted.

    With 20,000 files it takes some milliseconds.
    """
    try:
        with os.scandir("/dev/fd") as files:
            num_open = sum(1 for _ in files)
    except OSError:  # this takes a file descriptor, too
        return 100
    limit = read_visitors_limit()
    return 100 if num_open >= limit else 100 * num_open // limit


def _count(limit: int) -> int:
    return MAX_FILES if limit == resource.RLIM_INFINITY else limit
