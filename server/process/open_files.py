"""How many files this process may have open, and has: each visitor's socket is one of them."""

import os
import resource
from typing import Final

MAX_FILES: Final = 20_000
"""Two for every visitor that one process can be expected to hold."""
SPARE_FILES: Final = 200
"""Kept from sockets: for the database, Redis, and requests with what they read and write."""
OWN_FILES: Final = 50
"""The part of those that is kept from requests, too: the process must be able to answer them."""


def read_limit() -> int:
    """Return how many files may be open at present."""
    return _count(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def read_visitors_limit() -> int:
    """Return how many files may be open when one more visitor is let in."""
    return read_limit() - OWN_FILES


def read_hard_limit() -> int:
    """Return how many files could be allowed without asking the system's operator."""
    return _count(resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def raise_limit() -> None:
    """Allow MAX_FILES, or as many as can be had."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = min(MAX_FILES, _count(hard))
    if read_limit() < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def measure_use() -> int:
    """Return the percentage of the visitors' limit that is open; at 100 nobody is let in.

    With 20,000 files it takes some milliseconds.
    """
    try:
        with os.scandir("/dev/fd") as files:
            num_open = sum(1 for _ in files)
    except OSError:  # looking takes a file, too
        return 100
    limit = read_visitors_limit()
    return 100 if num_open >= limit else 100 * num_open // limit


def _count(limit: int) -> int:
    return MAX_FILES if limit == resource.RLIM_INFINITY else limit
