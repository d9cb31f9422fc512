"""The listening socket; it reserves the last file descriptors for the site itself.

Without any, the site could not serve the visitors it has accepted: the database, Redis and photos
need file descriptors too.
"""

import socket
from contextlib import suppress
from errno import EMFILE, ENFILE
from typing import Any, Final

from hypercorn.config import Config, Sockets

from server.process.open_files import read_visitors_limit
from server.web.headers import SECURITY_HEADERS

REFUSAL: Final = "".join(
    (
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n",
        "Retry-After: 10\r\n",
        *(f"{name}: {value}\r\n" for name, value in SECURITY_HEADERS.items()),
        "\r\n",
    )
).encode()


ACCEPTED_AT_A_TIME: Final = 10


class Listener(socket.socket):
    """Accepts connections while file descriptors are available to visitors.

    asyncio accepts connections until none is left or `BlockingIOError` is raised, and only then
    serves them. In a rush all visitors would be served equally slowly, until browsers gave up and
    retried. So only a few connections are accepted before those accepted earlier are served.
    """

    _has_failed = False
    _num_accepted = 0

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection; without descriptors answer 503 and raise ConnectionAbortedError."""
        if self._has_failed:
            # asyncio retries after a second, but first it tries as often as the backlog is long and
            # logs each failure: https://github.com/python/cpython/issues/151615
            self._has_failed = False
            raise BlockingIOError
        if self._num_accepted == ACCEPTED_AT_A_TIME:
            self._num_accepted = 0
            raise BlockingIOError
        try:
            connection, peer = super().accept()
            self._num_accepted += 1
        except OSError as error:
            self._num_accepted = 0
            self._has_failed = error.errno in {EMFILE, ENFILE}
            raise
        # The kernel assigns the lowest free number, so it tells how many files are open.
        if connection.fileno() >= read_visitors_limit():
            with connection, suppress(OSError):
                connection.send(REFUSAL)
            raise ConnectionAbortedError("no file descriptors are left for visitors")
        return connection, peer


class ListenerConfig(Config):
    """Hypercorn's configuration for a socket that is already bound."""

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self._listener = listener

    def create_sockets(self) -> Sockets:
        return Sockets([], [self._listener], [])
