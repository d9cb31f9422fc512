"""What is refused before the application hears of it, for it could not even say no.

Quart answers 500 to a Host header that is no host, and to a socket at an address that takes none.
"""

import re
from typing import Any, Final

from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, Scope

SOCKETS_PATH: Final = "/socket.io/"
LABEL: Final = rb"[A-Za-z0-9_-]{1,63}"
HOST: Final = re.compile(
    rb"(?:(?:%b\.)*%b\.?|\[[0-9A-Fa-f:.]{2,45}\])?(?::[0-9]{0,5})?" % (LABEL, LABEL)
)
MAX_HOST_BYTES: Final = 255


def guard(app: ASGIFramework) -> ASGIFramework:
    """Let in what can be answered: 400 for a Host that is none, 404 for a socket anywhere else."""

    async def serve(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "lifespan" and not all(map(_is_host, _read_hosts(scope))):
            await refuse(scope, send, 400)
        elif scope["type"] == "websocket" and scope["path"] != SOCKETS_PATH:
            await refuse(scope, send, 404)
        else:
            await app(scope, receive, send)

    return serve


async def refuse(
    scope: Scope, send: ASGISendCallable, status: int, retry_after_s: int | None = None
) -> None:
    """Answer a request, or the handshake of a socket, with nothing but a status."""
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    headers = [(b"content-length", b"0")]
    if retry_after_s is not None:
        headers.append((b"retry-after", str(retry_after_s).encode()))
    start: Any = {"type": f"{kind}.start", "status": status, "headers": headers}
    body: Any = {"type": f"{kind}.body", "body": b"", "more_body": False}
    await send(start)
    await send(body)


def _read_hosts(scope: Scope) -> list[bytes]:
    if scope["type"] == "lifespan":
        return []
    return [value for name, value in scope["headers"] if name == b"host"]


def _is_host(value: bytes) -> bool:
    return len(value) <= MAX_HOST_BYTES and HOST.fullmatch(value) is not None
