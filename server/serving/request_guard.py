"""Rejects malformed requests that the application could not even answer properly.

Quart answers 500 to an invalid Host header, and to a WebSocket on a path without one. Other
protocols and requests with two body lengths are used to smuggle requests past a proxy.
"""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from hypercorn.typing import (
    ASGIFramework,
    ASGIReceiveCallable,
    ASGISendCallable,
    HTTPScope,
    Scope,
    WebsocketScope,
)

SOCKETS_PATH: Final = "/socket.io/"
LABEL: Final = rb"[A-Za-z0-9_-]{1,63}"
HOST: Final = re.compile(
    rb"(?:(?:%b\.)*%b\.?|\[[0-9A-Fa-f:.]{2,45}\])?(?::[0-9]{0,5})?" % (LABEL, LABEL)
)
MAX_HOST_BYTES: Final = 255
HTTP_VERSIONS: Final = ("1.0", "1.1")


def guard(app: ASGIFramework) -> ASGIFramework:
    """Wrap `app` and reject requests that it must not see.

    400 for an invalid Host or target, for upgrades other than WebSocket, and for both
    Content-Length and Transfer-Encoding; 404 for a WebSocket anywhere but at SOCKETS_PATH; 505 for
    anything but HTTP/1.x.
    """

    async def serve(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        status = None if scope["type"] == "lifespan" else _find_fault(scope)
        if status is None:
            await app(scope, receive, send)
        else:
            await refuse(scope, send, status)

    return serve


async def refuse(
    scope: Scope, send: ASGISendCallable, status: int, retry_after_s: int | None = None
) -> None:
    """Answer a request or a WebSocket handshake with just a status."""
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    headers = [(b"content-length", b"0")]
    if scope["type"] == "http":
        # Further data on this connection may not be HTTP/1.x, or may not start where it seems to.
        headers.append((b"connection", b"close"))
    if retry_after_s is not None:
        headers.append((b"retry-after", str(retry_after_s).encode()))
    start: Any = {"type": f"{kind}.start", "status": status, "headers": headers}
    body: Any = {"type": f"{kind}.body", "body": b"", "more_body": False}
    await send(start)
    await send(body)


def _find_fault(scope: HTTPScope | WebsocketScope) -> int | None:
    if scope["http_version"] not in HTTP_VERSIONS:
        return 505
    is_faulty = (
        not _is_target(scope)
        or not all(map(_is_host, _read(scope, b"host")))
        or any(value.strip().lower() != b"websocket" for value in _read(scope, b"upgrade"))
        or (_read(scope, b"content-length") and _read(scope, b"transfer-encoding"))
    )
    if is_faulty:
        return 400
    return 404 if scope["type"] == "websocket" and scope["path"] != SOCKETS_PATH else None


def _read(scope: HTTPScope | WebsocketScope, name: bytes) -> list[bytes]:
    return [value for header, value in scope["headers"] if header.lower() == name]


def _is_target(scope: HTTPScope | WebsocketScope) -> bool:
    # Quart raises an error for `http://[/`, which is not a URL.
    if scope["path"].startswith("/"):
        return True
    try:
        urlsplit(scope["path"])
    except ValueError:
        return False
    return True


def _is_host(value: bytes) -> bool:
    return len(value) <= MAX_HOST_BYTES and HOST.fullmatch(value) is not None
