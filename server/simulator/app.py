"""Combines the routes, and starts and stops the service with the server."""

from __future__ import annotations

from quart import Quart

from .api import build_api
from .controls import build_controls
from .downloads import build_downloads
from .listener import Listener
from .service import SongService


def create_app(service: SongService, listener: Listener) -> Quart:
    """Create the ASGI application; unfinished generations continue as soon as it is served."""
    app = Quart(__name__)
    # Slow, stalled and endless downloads are intended.
    app.config["RESPONSE_TIMEOUT"] = None
    app.register_blueprint(build_api(service, listener))
    app.register_blueprint(build_downloads(service, listener))
    app.register_blueprint(build_controls(service))

    @app.before_serving
    async def resume() -> None:
        await service.resume()

    @app.after_serving
    async def close() -> None:
        await service.close()

    return app
