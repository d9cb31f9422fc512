"""What the web server is pointed at: Socket.IO around the Quart application, proxies outermost."""

import socketio
from hypercorn.middleware import ProxyFixMiddleware
from hypercorn.typing import ASGIFramework
from quart import Quart

from realtime.events import Snapshot
from realtime.gateway import serve_watchers
from server.ids import is_session_id
from server.services import Services
from server.submissions.snapshot import read_snapshot


def create_asgi(app: Quart, sockets: socketio.AsyncServer, services: Services) -> ASGIFramework:
    """Return the site as one ASGI application.

    The client's address is taken from the last TRUSTED_PROXY_HOPS entries that proxies have
    written; with 0 hops no such header is believed.
    """

    async def load_snapshot(session_id: str) -> Snapshot | None:
        return await read_snapshot(services, session_id) if is_session_id(session_id) else None

    serve_watchers(sockets, load_snapshot)
    site: ASGIFramework = socketio.ASGIApp(sockets, other_asgi_app=app)
    hops = services.settings.trusted_proxy_hops
    if hops == 0:
        return site
    return ProxyFixMiddleware(site, mode="legacy", trusted_hops=hops)
