"""The ASGI application that Hypercorn serves: Socket.IO around Quart, with proxy headers outermost.

It also tunes the process for thousands of waiting visitors.
"""

import asyncio
import gc
from collections.abc import AsyncGenerator, Callable, Coroutine
from functools import partial
from typing import Final

import socketio
import structlog
from hypercorn.middleware import ProxyFixMiddleware
from hypercorn.protocol.ws_stream import WSStream
from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, Scope
from quart import Quart

from realtime.events import Snapshot
from realtime.gateway import (
    SnapshotUnavailable,
    is_watched,
    on_push,
    serve_operators,
    serve_watchers,
    tell_watchers,
)
from server.database.connection import TROUBLE
from server.ids import is_session_id
from server.process.metrics import ProcessMetrics
from server.process.open_files import SPARE_FILES, raise_limit, read_limit
from server.services import Services
from server.serving.request_guard import guard, refuse
from server.serving.socket_limits import SocketLimits
from server.serving.watched_updates import push_updates
from server.submissions.watching import Watching
from server.web.auth import is_ticket
from server.web.headers import SecurityHeaders

GC_THRESHOLDS: Final = (500, 4, 1000)
"""Collections of the young generation are small and frequent; a full one runs after about 2 million
new objects, some 6,000 arrivals. Until then each closed socket leaves 20 kB of reference cycles of
Hypercorn's behind."""

logger = structlog.get_logger(__name__)


def create_asgi(app: Quart, sockets: socketio.AsyncServer, services: Services) -> ASGIFramework:
    """Return the site as one ASGI application.

    The client's address is taken from the last TRUSTED_PROXY_HOPS entries that proxies have
    written; with 0 hops these headers are ignored.
    """

    watching = Watching(services.settings)

    async def load_snapshot(session_id: str) -> Snapshot | None:
        try:
            return await watching.answer(session_id) if is_session_id(session_id) else None
        except TROUBLE as error:
            logger.warning("snapshot_unavailable", reason=type(error).__name__)
            raise SnapshotUnavailable from error

    serve_watchers(sockets, load_snapshot)
    on_push(sockets, watching.note_push)
    is_watched_here = partial(is_watched, sockets)
    _run_beside(
        app, lambda: push_updates(watching, is_watched_here, partial(tell_watchers, sockets))
    )
    serve_operators(sockets, lambda ticket: is_ticket(services.settings, ticket))
    app.before_serving(_tune_process)
    _run_beside(app, services.process_metrics.watch_loop)
    inside = socketio.ASGIApp(sockets, other_asgi_app=app)
    limited = _within_limit(services.process_metrics, SocketLimits(inside, services.settings))
    # Security headers here too, for responses that never reach the application, which adds its own.
    # `_without_compression` is outermost because it needs the original `send`, which is bound to
    # the stream.
    site = _without_compression(SecurityHeaders(guard(limited)))
    hops = services.settings.trusted_proxy_hops
    if hops == 0:
        return site
    return ProxyFixMiddleware(site, mode="legacy", trusted_hops=hops)


def _run_beside(app: Quart, work: Callable[[], Coroutine[None, None, None]]) -> None:
    async def run() -> AsyncGenerator[None, None]:
        task = asyncio.create_task(work())
        yield
        task.cancel()

    app.while_serving(run)


async def _tune_process() -> None:
    raise_limit()
    # A full garbage collection over 5,000 sockets stops the process for half a second, so it runs
    # rarely, and everything created before the first visitor is frozen. The young generation must
    # be small at each collection, too. With waiting sockets old objects are freed as new ones are
    # created, which Python does not count as growth: a threshold of 5,000 meant 100,000 objects,
    # and a collection of 20 times as many took as long as a full one.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def _within_limit(process_metrics: ProcessMetrics, app: ASGIFramework) -> ASGIFramework:
    """Refuse sockets once open files run short, before forms are affected.

    A page without a socket polls over HTTP and tries again later.
    """

    async def serve(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "websocket":
            await app(scope, receive, send)
            return
        if process_metrics.sockets >= read_limit() - SPARE_FILES:
            await refuse(scope, send, 503, retry_after_s=60)
            return
        process_metrics.sockets += 1
        try:
            await app(scope, receive, send)
        finally:
            process_metrics.sockets -= 1

    return serve


def _without_compression(app: ASGIFramework) -> ASGIFramework:
    """Disable WebSocket compression: a snapshot is 300 bytes, zlib's windows are 100 kB per socket.

    Browsers offer it, and Hypercorn 0.18 has no setting to decline, so the offer is removed from
    its handshake.
    """

    async def serve(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        stream = getattr(send, "__self__", None)
        if isinstance(stream, WSStream):
            stream.handshake.extensions = None
        await app(scope, receive, send)

    return serve
