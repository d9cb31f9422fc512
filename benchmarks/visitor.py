"""One waiting page as the server sees it: the frames and timing of `client/src/live.ts`.

Written on a bare asyncio transport, so that one process can be thousands of visitors; it offers
compression like browsers. A visitor stays after the result, which a page would not.
"""

import asyncio
import json
import random
import time
import zlib
from collections.abc import Callable
from typing import Any, Final, cast

HANDSHAKE: Final = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}:{port}\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: cGV0c29uZyBwZXRzb25nIQ==\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
)
ASK_WITH_SOCKET_S: Final = (240.0, 360.0)
ASK_AGAIN_S: Final = (8.0, 12.0)
CONNECT_S: Final = 30.0
ACKNOWLEDGEMENT_S: Final = 10.0
RECONNECT_S: Final = 1.0
RETURN_S: Final = (1.0, 5.0)
MAX_RECONNECT_S: Final = 10.0
FINAL: Final = ("success", "fail")
DEFLATE_TAIL: Final = b"\x00\x00\xff\xff"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Visitor(asyncio.Protocol):
    """Watches one submission, and reconnects whenever the connection ends.

    `is_watching`: the current socket has received a snapshot. `known_at`: when the result first
    arrived, by `time.monotonic`, which is the same in all processes.
    """

    def __init__(self, address: tuple[str, int], session_id: str) -> None:
        self.session_id = session_id
        self.is_watching = False
        self.known_at: float | None = None
        self.num_drops = 0
        self._address = address
        self._attempts = 0
        self._was_sent_away = False
        self._timer: asyncio.TimerHandle | None = None

    async def connect(self) -> None:
        """Open a socket; if that fails, retry later like the page."""
        try:
            await asyncio.get_running_loop().create_connection(lambda: self, *self._address)
        except OSError:
            self._retry()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Request a WebSocket."""
        self._transport = cast(asyncio.Transport, transport)
        self._is_open = False
        self._received = b""
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        host, port = self._address
        self._transport.write(HANDSHAKE.format(host=host, port=port).encode())
        self._after(CONNECT_S, self._transport.abort)

    def connection_lost(self, _error: Exception | None) -> None:
        """Count the drop and reconnect."""
        self.num_drops += self.is_watching
        self.is_watching = False
        self._retry()

    def data_received(self, data: bytes) -> None:
        """Read the response to the handshake, then frames."""
        self._received += data
        if not self._is_open:
            head, found, rest = self._received.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                self._transport.abort()
                return
            self._is_open, self._received = True, rest
        while (frame := self._take_frame()) is not None:
            self._take_message(*frame)

    def _take_frame(self) -> tuple[int, bytes] | None:
        received = self._received
        if len(received) < 2:
            return None
        length, start = received[1], 2
        if length == 126:
            length, start = int.from_bytes(received[2:4], "big"), 4
        end = start + length
        if len(received) < end:
            return None
        content, self._received = received[start:end], received[end:]
        if received[0] & 0x40:
            content = self._inflate.decompress(content + DEFLATE_TAIL)
        return received[0] & 0x0F, content

    def _take_message(self, opcode: int, content: bytes) -> None:
        if opcode == PING:
            self._send(content, PONG)
        elif opcode == CLOSE:
            self._transport.close()
        elif content == b"2":
            self._send(b"3")
        elif content.startswith(b"0"):
            self._send(b"40")
        elif content.startswith(b"40"):
            self._watch()
        elif content.startswith(b"41"):
            self._was_sent_away = True
            self._transport.close()
        elif content.startswith(b"430"):
            self._take_answer(*json.loads(content[3:]))
        elif content.startswith(b"42"):
            self._take_snapshot(json.loads(content[2:])[1])

    def _watch(self) -> None:
        self._ask()
        self._after(ACKNOWLEDGEMENT_S, self._ask_once_more)

    def _ask_once_more(self) -> None:
        # The page would now poll over HTTP, which costs the server about as much, and then wait.
        self._ask()
        self._after(random.uniform(*ASK_AGAIN_S), self._watch)

    def _ask(self) -> None:
        self._send(f'420["watch",{{"session_id":"{self.session_id}"}}]'.encode())

    def _take_answer(self, snapshot: dict[str, Any] | None = None) -> None:
        self._attempts = 0
        if snapshot is not None:
            self.is_watching = True
            self._take_snapshot(snapshot)
        pause_s = ASK_AGAIN_S if snapshot is None else ASK_WITH_SOCKET_S
        self._after(random.uniform(*pause_s), self._watch)

    def _take_snapshot(self, snapshot: dict[str, Any]) -> None:
        if self.known_at is None and snapshot["status"] in FINAL:
            self.known_at = time.monotonic()

    def _send(self, content: bytes, opcode: int = TEXT) -> None:
        # Masked, as RFC 6455 requires of clients, with a zero key that leaves the content
        # unchanged.
        self._transport.write(bytes((0x80 | opcode, 0x80 | len(content), 0, 0, 0, 0)) + content)

    def _retry(self) -> None:
        pause_s = RECONNECT_S * 2**self._attempts * random.uniform(0.5, 1.5)
        if self._was_sent_away:
            self._was_sent_away, pause_s = False, random.uniform(*RETURN_S)
        self._attempts = min(self._attempts + 1, 10)
        loop = asyncio.get_running_loop()
        self._after(min(pause_s, MAX_RECONNECT_S), lambda: loop.create_task(self.connect()))

    def _after(self, pause_s: float, act: Callable[[], object]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(pause_s, act)
