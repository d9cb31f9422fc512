"""The socket that visitors connect to: the last files are kept from them, for the site itself.

Without any it could not answer those whom it has let in: the database, Redis and a photo need one.
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
    """Accepts connections for asyncio as long as there are files for visitors.

    asyncio accepts in a row until nobody is left or `BlockingIOError` is raised, then serves all
    whom it has. Of a crowd all would be served at the same slow pace, until browsers gave up and
    came again; so only a few are accepted before those who were accepted earlier are served on.
    """

    _has_failed = False
    _num_accepted = 0

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection, or refuse it with 503 and raise ConnectionAbortedError."""
        if self._has_failed:
            # asyncio comes again in a second, but first it asks as often as the backlog is long
            # and logs each failure: https://github.com/python/cpython/issues/151615
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
        # The lowest free number is given out, so that many files are open.
        if connection.fileno() >= read_visitors_limit():
            with connection, suppress(OSError):
                connection.send(REFUSAL)
            raise ConnectionAbortedError("there are no files for visitors")
        return connection, peer


class ListenerConfig(Config):
    """Hypercorn's configuration for a socket that is bound already."""

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self._listener = listener

    def create_sockets(self) -> Sockets:
        """Return the one socket that exists."""
        return Sockets([], [self._listener], [])
