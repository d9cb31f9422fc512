"""Engine.IO with pings spread over time, for thousands of waiting pages.

Otherwise sockets that connected together, for example after a restart, would always be pinged
together.
"""

import random
from typing import Final

import socketio
from socketio.async_server import engineio

PING_EVERY_S: Final = (15.0, 25.0)
"""Drawn for each ping; with 20 s for the answer, a dead peer is detected after 45 s at most."""


class SpreadingEngine(engineio.AsyncServer):  # type: ignore[misc] # untyped library
    """Pings each socket at random intervals."""

    @property
    def ping_interval(self) -> float:
        """Seconds until the calling socket's next ping."""
        return random.uniform(*PING_EVERY_S)

    @ping_interval.setter
    def ping_interval(self, _seconds: float) -> None:
        # The library sets its default; ours is above.
        return


class SocketServer(socketio.AsyncServer):  # type: ignore[misc] # untyped library
    """Socket.IO's server on `SpreadingEngine`."""

    def _engineio_server_class(self) -> type[SpreadingEngine]:
        return SpreadingEngine
