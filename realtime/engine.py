"""Engine.IO as thousands of waiting pages need it: their pings spread over time.

Sockets that arrived together, after a restart most of all, would be pinged together for ever.
"""

import random
from typing import Final

import socketio
from socketio.async_server import engineio

PING_EVERY_S: Final = (15.0, 25.0)
"""Drawn anew for each ping; with 20 s for its answer, a dead peer is known after 45 s."""


class SpreadingEngine(engineio.AsyncServer):  # type: ignore[misc] # says nothing of its types
    """Pings each socket after another random pause."""

    @property
    def ping_interval(self) -> float:
        """Return the seconds to the next ping of whoever asks."""
        return random.uniform(*PING_EVERY_S)

    @ping_interval.setter
    def ping_interval(self, _seconds: float) -> None:
        # The library sets its default; ours is above.
        return


class SocketServer(socketio.AsyncServer):  # type: ignore[misc] # says nothing of its types
    """The library's server on `SpreadingEngine`."""

    def _engineio_server_class(self) -> type[SpreadingEngine]:
        return SpreadingEngine
