"""Limits request bodies while they arrive: per route, per address, and per process.

Quart buffers a whole body before the view answers, so one connection could hold 7 MB at a route
that accepts 64 KiB. Here everything beyond the route's limit is dropped: of a body that is too
long, the view gets one byte too many and can tell.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import structlog
from hypercorn.typing import (
    ASGIFramework,
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    HTTPScope,
    Scope,
)
from quart import Quart, current_app, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, ServiceUnavailable

from server.limits import client_key

MAX_UNDER_WAY_BYTES: Final = 64 * 1024**2
"""For all bodies in one process at a time: nine of the largest forms, or some 300 typical ones."""
SMALL_BYTES: Final = 64 * 1024
MAX_SMALL_UNDER_WAY_BYTES: Final = 8 * 1024**2
"""For bodies on routes with small limits, which must not take capacity from forms."""
MAX_FROM_ADDRESS_BYTES: Final = 24 * 1024**2
"""For one address: three of the largest forms, so that one client cannot use up the capacity."""
RETRY_AFTER_S: Final = 10

MARK: Final = "_petsong_max_body_bytes"
OVER_CAPACITY: Final = "petsong.over_capacity"

View = TypeVar("View", bound=Callable[..., Any])

logger = structlog.get_logger(__name__)


def takes_body(max_bytes: int) -> Callable[[View], View]:
    """Mark a view that reads a body of up to `max_bytes`; unmarked views get no body."""

    def mark(view: View) -> View:
        setattr(view, MARK, max_bytes)
        return view

    return mark


async def read_body() -> bytes:
    """Read the request's body in a view that `takes_body`.

    Raises RequestEntityTooLarge (413), RequestTimeout (408), or ServiceUnavailable (503) if other
    bodies use up the capacity.
    """
    max_bytes = getattr(current_app.view_functions[request.endpoint or ""], MARK)
    if (request.content_length or 0) > max_bytes:
        raise RequestEntityTooLarge
    body = await request.get_data(cache=False, as_text=False, parse_form_data=False)
    if OVER_CAPACITY in request.scope:
        raise ServiceUnavailable(retry_after=RETRY_AFTER_S)
    if len(body) > max_bytes:
        raise RequestEntityTooLarge
    return body


class BoundedBodies:
    """Wraps `inside`, the ASGI application of `app`, and cuts bodies to what the view accepts.

    A body over capacity ends at once, with OVER_CAPACITY set in its scope.
    """

    def __init__(self, app: Quart, inside: ASGIFramework) -> None:
        self._app = app
        self._inside = inside
        self._num_bytes: Counter[str] = Counter()

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] != "http":
            await self._inside(scope, receive, send)
            return
        request_scope: Any = scope
        most = self._find_limit(scope) + 1
        client = scope.get("client")
        bounds = {client_key(client[0] if client else None): MAX_FROM_ADDRESS_BYTES} | (
            {"small": MAX_SMALL_UNDER_WAY_BYTES}
            if most <= SMALL_BYTES + 1
            else {"large": MAX_UNDER_WAY_BYTES}
        )
        taken, has_ended = 0, False

        async def receive_within() -> ASGIReceiveEvent:
            nonlocal taken, has_ended
            while (event := await receive())["type"] == "http.request":
                if has_ended:
                    continue
                piece = event["body"][: most - taken]
                if not self._has_room(bounds, len(piece)):
                    logger.warning("body_over_capacity", num_bytes=self._num_bytes.total())
                    request_scope[OVER_CAPACITY], piece, has_ended = True, b"", True
                taken += len(piece)
                self._count(bounds, len(piece))
                has_ended = has_ended or taken == most or not event["more_body"]
                return {"type": "http.request", "body": piece, "more_body": not has_ended}
            return event

        try:
            await self._inside(scope, receive_within, send)
        finally:
            self._count(bounds, -taken)

    def _has_room(self, bounds: Mapping[str, int], num_bytes: int) -> bool:
        return all(self._num_bytes[name] + num_bytes <= most for name, most in bounds.items())

    def _count(self, bounds: Iterable[str], num_bytes: int) -> None:
        for name in bounds:
            self._num_bytes[name] += num_bytes
            if not self._num_bytes[name]:
                del self._num_bytes[name]

    def _find_limit(self, scope: HTTPScope) -> int:
        # -1 if no body is accepted: then the first byte is one too many.
        path = scope["path"]
        try:
            endpoint, _ = self._app.url_map.bind("").match(
                path if path.startswith("/") else urlsplit(path).path, scope["method"]
            )
        except (HTTPException, ValueError):
            return -1
        limit: int = getattr(self._app.view_functions[endpoint], MARK, -1)
        return limit
