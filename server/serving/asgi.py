"""What the web server is pointed at: Socket.IO around the Quart application, proxies outermost.

It also makes room for thousands of waiting visitors in this one process.
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
    heed_pushes,
    is_watched,
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
from server.serving.watched_updates import keep_telling
from server.submissions.watching import Watching
from server.web.auth import is_ticket
from server.web.headers import SecurityHeaders

GC_THRESHOLDS: Final = (500, 4, 1000)
"""Passes over the young are small and frequent; one through the whole heap comes after about 2
million new objects, some 6,000 arrivals. What sockets leave behind until then, 20 kB each, is
Hypercorn's: its objects point at each other."""

logger = structlog.get_logger(__name__)


def create_asgi(app: Quart, sockets: socketio.AsyncServer, services: Services) -> ASGIFramework:
    """Return the site as one ASGI application.

    The client's address is taken from the last TRUSTED_PROXY_HOPS entries that proxies have
    written; with 0 hops no such header is believed.
    """

    watching = Watching(services.settings)

    async def load_snapshot(session_id: str) -> Snapshot | None:
        try:
            return await watching.answer(session_id) if is_session_id(session_id) else None
        except TROUBLE as error:
            logger.warning("snapshot_unavailable", reason=type(error).__name__)
            raise SnapshotUnavailable from error

    serve_watchers(sockets, load_snapshot)
    heed_pushes(sockets, watching.note_push)
    is_watched_here = partial(is_watched, sockets)
    _run_beside(
        app, lambda: keep_telling(watching, is_watched_here, partial(tell_watchers, sockets))
    )
    serve_operators(sockets, lambda ticket: is_ticket(services.settings, ticket))
    app.before_serving(_make_room)
    _run_beside(app, services.process_metrics.watch_loop)
    inside = socketio.ASGIApp(sockets, other_asgi_app=app)
    limited = _within_limit(services.process_metrics, SocketLimits(inside, services.settings))
    # Around the application as well, which has its own: these are for what never gets that far.
    # Outside them all, since it looks for the stream behind an untouched `send`.
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


async def _make_room() -> None:
    raise_limit()
    # Looking for loops through all that 5,000 sockets hold stops everybody for half a second: it
    # is done seldom, and never through what was there before anybody came. The young must be few at
    # each pass, too: of waiting sockets old objects go as new ones come, which Python does not
    # count as growth, so 5,000 by its count were 100,000, and a pass over 20 times as many took as
    # long as one through everything.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def _within_limit(process_metrics: ProcessMetrics, app: ASGIFramework) -> ASGIFramework:
    """Refuse the sockets for which there are no files, before forms are the ones to suffer.

    A page without a socket asks by HTTP, and tries again later.
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
    """Let no socket compress: a snapshot is 300 bytes, zlib's windows are 100 kB for each socket.

    Browsers offer it and Hypercorn 0.18 accepts without a setting, so its handshake is made to
    believe that nothing was offered.
    """

    async def serve(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        stream = getattr(send, "__self__", None)
        if isinstance(stream, WSStream):
            stream.handshake.extensions = None
        await app(scope, receive, send)

    return serve
