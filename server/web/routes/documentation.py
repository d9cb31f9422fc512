"""`/openapi.json`, written by quart-schema from the models, and `/docs`, a page drawn from it.

quart-schema's own pages load Swagger UI and its like from other hosts. This page is plain HTML of
ours: it needs no script, and no visit to it is told to anybody. Both are built once, for building
them takes 150 ms.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final, TypeVar, cast

from pydantic import BaseModel
from quart import Blueprint, Quart, Response, current_app, render_template
from quart_schema import (
    DataSource,
    HttpSecurityScheme,
    Info,
    QuartSchema,
    document_request,
    document_response,
    hide,
    security_scheme,
)
from quart_schema.openapi import OpenAPIProvider

from server.web.limiting import unlimited

UNLIMITED: Final = "It is the same for everybody and asks the database nothing."

View = TypeVar("View", bound=Callable[..., Any])

EXTENSION: Final = "petsong_description"

documentation = Blueprint("documentation", __name__)


@dataclass(frozen=True)
class Description:
    """Every documented endpoint: in OpenAPI for programs, as a page for people."""

    openapi: str
    page: str


class DescriptionWithBodies(OpenAPIProvider):
    """quart-schema's description, with bodies that must be sent."""

    def build_request_body(self, model: Any, source: DataSource) -> tuple[dict[Any, Any], Any]:
        """Describe the body of a request."""
        body, components = super().build_request_body(model, source)
        return {**body, "required": True}, components


def documented(
    replies: Mapping[int, type[BaseModel]], *, takes: type[BaseModel] | None = None
) -> Callable[[View], View]:
    """Document a view: the model of the body it takes, and of its reply for each status."""

    def decorate(view: View) -> View:
        # quart-schema annotates models as instances where it takes classes.
        for status, model in replies.items():
            view = document_response(cast(Any, model), status)(view)
        return document_request(cast(Any, takes))(view) if takes else view

    return decorate


def behind_login(view: View) -> View:
    """Document that a view asks for the operator's name and password."""
    return security_scheme([{"operator": []}])(view)


def serve_documentation(app: Quart) -> None:
    """Serve `/openapi.json` and `/docs` for all documented views of `app`."""
    info = Info(title="Petsong", version=version("petsong"))
    # Every path of its own is switched off: its view of the schema cannot be marked.
    QuartSchema(
        app,
        openapi_path=None,
        swagger_ui_path=None,
        redoc_ui_path=None,
        scalar_ui_path=None,
        info=info,
        openapi_provider_class=DescriptionWithBodies,
        security_schemes={"operator": HttpSecurityScheme(scheme="basic")},
    )
    app.register_blueprint(documentation)

    @app.before_serving
    async def describe() -> None:
        # Before anybody asks, while nobody has to wait for it.
        await _read_description()


@documentation.get("/openapi.json")
@hide
@unlimited(UNLIMITED)
async def get_openapi() -> Response:
    """Send the description of every endpoint in OpenAPI."""
    return Response((await _read_description()).openapi, content_type="application/json")


@documentation.get("/docs")
@hide
@unlimited(UNLIMITED)
async def show_documentation() -> str:
    """Show every endpoint with its bodies, by name and type."""
    return (await _read_description()).page


async def _read_description() -> Description:
    found: Description | None = current_app.extensions.get(EXTENSION)
    if found is None:
        schema = current_app.extensions["QUART_SCHEMA"].openapi_provider.schema()
        page = await render_template(
            "docs.html",
            info=schema["info"],
            paths=schema["paths"],
            components=schema["components"]["schemas"],
        )
        found = Description(current_app.json.dumps(schema), page)
        current_app.extensions[EXTENSION] = found
    return found
