"""A listening socket that remembers its connections, so that a fault can break one of them.

ASGI cannot break a connection, and some tests need a broken connection.
"""

from __future__ import annotations

import socket
import struct
from typing import Any

from hypercorn.config import Config, Sockets

Peer = tuple[str, int]


class Connection(socket.socket):
    """An accepted connection that can simulate a reset."""

    is_reset = False

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        if self.is_reset:
            raise ConnectionResetError("reset on demand")
        return super().recv(bufsize, flags)


class Listener(socket.socket):
    """Accepts connections on `host:port` and can cut each by its peer address."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.bind((host, port))
        self.listen()
        self._connections: dict[Peer, Connection] = {}

    @property
    def origin(self) -> str:
        """The URL without a trailing slash."""
        host, port = self.getsockname()
        return f"http://{host}:{port}"

    def accept(self) -> tuple[Connection, Any]:
        """Accept a connection and remember it by its peer."""
        accepted, peer = super().accept()
        connection = Connection(fileno=accepted.detach())
        self._forget_closed()
        self._connections[peer] = connection
        return connection, peer

    def cut(self, peer: Peer | None, *, reset: bool = False) -> None:
        """Close a connection after pending data, or with a TCP reset in the middle of it."""
        connection = self._connections.pop(peer, None) if peer else None
        if connection is None or connection.fileno() < 0:
            return
        if reset:
            no_linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
            connection.is_reset = True
        # The server wakes, reads the end of the stream or the error, and closes the connection.
        connection.shutdown(socket.SHUT_RD)

    def cut_all(self) -> None:
        """Close every connection: since Python 3.12 the server waits for them at shutdown."""
        for peer in list(self._connections):
            self.cut(peer)

    def _forget_closed(self) -> None:
        self._connections = {
            peer: connection
            for peer, connection in self._connections.items()
            if connection.fileno() >= 0
        }


class ListenerConfig(Config):
    """Hypercorn's configuration for a socket that is already listening."""

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self._listener = listener
        self.loglevel = "WARNING"
        self.graceful_timeout = 1.0

    def create_sockets(self) -> Sockets:
        return Sockets([], [self._listener], [])
