"""Limits sockets and messages per address, counted in this process.

Pages whose socket is refused poll over HTTP instead.
"""

import asyncio
from typing import Any, Final

import structlog
from hypercorn.typing import (
    ASGIFramework,
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    Scope,
    WebsocketReceiveEvent,
)

from server.limits import client_key
from server.serving.request_guard import refuse
from server.settings import Settings

MINUTE_S: Final = 60.0
BINARY_PACKETS: Final = ("45", "46")
"""Prefixes of Socket.IO messages with binary attachments."""
POLICY_VIOLATION: Final = 1008
"""The close code of RFC 6455 for policy violations."""

logger = structlog.get_logger(__name__)


class Budget:
    """A token bucket of messages per minute; unused messages don't accumulate beyond that.

    The `limits` library would keep an entry for each message (6,000 for an address) in a storage
    that outlives the socket, and must be awaited. This is two numbers per socket.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._left = float(per_minute)
        self._seen_at = asyncio.get_running_loop().time()

    def spend(self) -> bool:
        """Take one message; False if none is left."""
        self._fill()
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def is_unused(self) -> bool:
        """Return whether the bucket is full again."""
        self._fill()
        return self._left == self._per_minute

    def _fill(self) -> None:
        now = asyncio.get_running_loop().time()
        passed_s, self._seen_at = now - self._seen_at, now
        self._left = min(self._per_minute, self._left + passed_s * self._per_minute / MINUTE_S)


class Address:
    """The number of sockets of one address, and their shared budget of messages."""

    def __init__(self, per_minute: int) -> None:
        self.num_sockets = 0
        self.budget = Budget(per_minute)


class SocketLimits:
    """Wraps `app` and limits its sockets according to the settings."""

    def __init__(self, app: ASGIFramework, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._addresses: dict[str, Address] = {}

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        key = client_key(client[0] if client else None)
        address = self._addresses.get(key)
        if address is None:
            per_minute = self._settings.socket_messages_per_minute_per_ip
            address = self._addresses[key] = Address(per_minute)
        # Opening a socket counts as a message, so reconnecting does not bypass the limit.
        if address.num_sockets >= self._settings.sockets_per_ip or not address.budget.spend():
            logger.warning("socket_refused", num_sockets=address.num_sockets)
            await refuse(scope, send, 429, retry_after_s=60)
            return
        address.num_sockets += 1
        try:
            await self._app(
                scope, self._listen(address, receive, send), _refuse_openly(scope, send)
            )
        finally:
            address.num_sockets -= 1
            self._forget_later(key)

    def _listen(
        self, address: Address, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> ASGIReceiveCallable:
        budget = Budget(self._settings.socket_messages_per_minute)

        async def receive_within() -> ASGIReceiveEvent:
            event = await receive()
            if event["type"] != "websocket.receive":
                return event
            reason = "too many messages"
            if _is_binary(event):
                reason = "no binary messages"
            elif budget.spend() and address.budget.spend():
                return event
            logger.warning("socket_closed", num_sockets=address.num_sockets, reason=reason)
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": reason})
            return {"type": "websocket.disconnect", "code": POLICY_VIOLATION}

        return receive_within

    def _forget_later(self, key: str) -> None:
        # One second more than the budget takes to refill.
        asyncio.get_running_loop().call_later(MINUTE_S + 1, self._forget, key)

    def _forget(self, key: str) -> None:
        address = self._addresses.get(key)
        if address and not address.num_sockets and address.budget.is_unused():
            del self._addresses[key]


def _is_binary(event: WebsocketReceiveEvent) -> bool:
    # Socket.IO buffers a message until all attachments it announces have arrived, up to a billion.
    # Our pages send none.
    text = event["text"] or ""
    return event["bytes"] is not None or text.startswith(BINARY_PACKETS)


def _refuse_openly(scope: Scope, send: ASGISendCallable) -> ASGISendCallable:
    # Without this, Hypercorn itself would answer a socket that is closed before it is open (such as
    # another site's), without our headers.
    is_open = False

    async def send_openly(event: Any) -> None:
        nonlocal is_open
        is_open = is_open or event["type"] == "websocket.accept"
        if event["type"] == "websocket.close" and not is_open:
            await refuse(scope, send, 403)
        else:
            await send(event)

    return send_openly
