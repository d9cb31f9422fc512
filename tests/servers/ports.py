"""Loopback ports for servers that tests start.

Invariant: no port is given out twice in one run, not even to two pytest-xdist workers, which share
the candidates between them. None is in the range that the kernel uses for outgoing connections: a
client that retries while its server restarts could otherwise get the server's own port and connect
to itself.
"""

import os
import random
import socket

CANDIDATES = range(20000, 30000)  # below 32768 (Linux) and 49152 (macOS), where those ranges start
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
OURS = CANDIDATES[WORKER % WORKERS :: WORKERS]
_handed_out: set[int] = set()


def free_port() -> int:
    """Return a TCP port on which nothing listens."""
    for port in random.sample(OURS, k=len(OURS)):
        if port not in _handed_out and _is_free(port):
            _handed_out.add(port)
            return port
    raise RuntimeError(f"no free port between {CANDIDATES.start} and {CANDIDATES.stop}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
