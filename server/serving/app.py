"""Builds the web application from all blueprints and middleware.

It uses open services and opens nothing itself, so tests and the running site create the same
application.
"""

from pathlib import Path
from typing import Final, cast

from hypercorn.typing import ASGIFramework
from quart import Quart

from server.services import Services
from server.web.availability import availability
from server.web.bodies import BoundedBodies
from server.web.compression import compress_pages
from server.web.context import attach_services
from server.web.cors import allow_origins
from server.web.error_handlers import answer_errors
from server.web.headers import SecurityHeaders
from server.web.limiting import add_limit_headers
from server.web.routes.admin import admin
from server.web.routes.documentation import serve_documentation
from server.web.routes.health import health
from server.web.routes.media import RangeResponse, media
from server.web.routes.metrics import metrics
from server.web.routes.pages import CLIENT_FOLDER, serve_pages
from server.web.routes.results import results
from server.web.routes.security_txt import contact
from server.web.routes.submissions import MAX_FORM_BYTES, submissions
from server.web.routes.webhook import webhook

TEMPLATES: Final = Path(__file__).parents[1] / "web" / "templates"
BODY_TIMEOUT_S: Final = 60
BLUEPRINTS: Final = (
    *(submissions, results, webhook, media),
    *(health, admin, metrics, availability, contact),
)


def create_app(services: Services, client: Path = CLIENT_FOLDER) -> Quart:
    """Create the application; raise StartError if `client` was not built."""
    app = Quart("server", template_folder=str(TEMPLATES), static_folder=None)
    app.response_class = RangeResponse
    # Quart answers 500 where it should redirect `//` to `/`; without merging it is a plain 404.
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = MAX_FORM_BYTES
    app.config["BODY_TIMEOUT"] = BODY_TIMEOUT_S
    # Otherwise Quart aborts downloads that take longer than this.
    app.config["RESPONSE_TIMEOUT"] = None
    attach_services(app, services)
    allow_origins(app, services.settings.cors_origins)
    answer_errors(app)
    add_limit_headers(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    serve_documentation(app)
    serve_pages(app, client)
    compress_pages(app)
    bounded = BoundedBodies(app, cast(ASGIFramework, app.asgi_app))
    secured = SecurityHeaders(bounded, services.storage.media_origin)
    app.asgi_app = secured  # type: ignore[method-assign]
    return app
