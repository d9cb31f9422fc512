"""Serves the pages, rendered from the client that Vite built, and their assets.

Only files that exist when the application is created are served; no path comes from a request.
"""

import re
from datetime import datetime
from pathlib import Path
from typing import Final

from quart import Blueprint, Quart, Response, render_template, request, send_file
from quart_schema import hide
from werkzeug.exceptions import NotFound

from server.errors import StartError
from server.ids import is_session_id
from server.submissions.model import Submission
from server.web.auth import for_operator
from server.web.compression import list_assets, send_asset
from server.web.context import current_services
from server.web.limiting import unlimited
from server.web.noscript import describe
from server.web.open_graph import link_to_site, link_to_song
from server.words import LANGUAGE

CLIENT_FOLDER: Final = Path(__file__).parents[3] / "client" / "dist"
PAGES: Final = ("index.html", "waiting.html", "result.html", "admin.html")
UNLISTED: Final = {"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
UNLIMITED: Final = "A school shares one address, and no page reads more than two rows."
STYLESHEET: Final = re.compile(r'<link rel="stylesheet"[^>]* href="([^"]+)"')


def serve_pages(app: Quart, client: Path) -> None:
    """Serve the client built in the folder `client`; raise StartError if it is missing."""
    if missing := [page for page in PAGES if not (client / page).is_file()]:
        raise StartError(f"the pages are not built ({', '.join(missing)}): run make setup")
    stylesheets = STYLESHEET.findall((client / "index.html").read_text())
    app.jinja_env.globals["stylesheets"] = stylesheets
    app.context_processor(_describe_site)
    app.register_blueprint(_create_blueprint(client))
    # Loaded now and cached, so that a running site is not affected by a new build of the client.
    for page in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(page)


def _create_blueprint(client: Path) -> Blueprint:
    pages = Blueprint("pages", __name__, template_folder=str(client))
    assets = list_assets(client / "assets")
    files = {path.name: path for path in client.iterdir() if path.is_file()}
    for page in PAGES:
        del files[page]

    @pages.get("/")
    @hide
    @unlimited(UNLIMITED)
    async def show_form() -> str:
        return await render_template("index.html", link=link_to_site())

    @pages.get("/waiting/<session_id>")
    @hide
    @unlimited(UNLIMITED)
    async def show_waiting(session_id: str) -> Response:
        return await _show_unlisted("waiting.html", session_id)

    @pages.get("/result/<session_id>")
    @hide
    @unlimited(UNLIMITED)
    async def show_result(session_id: str) -> Response:
        return await _show_unlisted("result.html", session_id)

    @pages.get("/admin")
    @hide
    @for_operator
    async def show_admin() -> Response:
        return Response(await render_template("admin.html"), headers=UNLISTED)

    @pages.get("/terms")
    @hide
    @unlimited(UNLIMITED)
    async def show_terms() -> str:
        return await render_template("terms.html")

    @pages.get("/privacy")
    @hide
    @unlimited(UNLIMITED)
    async def show_privacy() -> str:
        return await render_template("privacy.html")

    @pages.get("/assets/<name>")
    @hide
    @unlimited(UNLIMITED)
    async def get_asset(name: str) -> Response:
        """Send a file whose name contains a hash of its content."""
        if name not in assets:
            raise NotFound
        return await send_asset(assets[name])

    @pages.get("/<name>")
    @hide
    @unlimited(UNLIMITED)
    async def get_file(name: str) -> Response:
        """Send a file from the client's top folder, such as the icon."""
        if name not in files:
            raise NotFound
        response = await send_file(files[name], cache_timeout=3600, conditional=True)
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return pages


async def _show_unlisted(template: str, session_id: str) -> Response:
    # Unknown ids get a page too, with status 404.
    submission = None
    if is_session_id(session_id):
        submission = await Submission.get_or_none(session_id=session_id)
    settings = current_services().settings
    page = await describe(current_services(), submission)
    link = link_to_site(request.path if submission else "/")
    context: dict[str, object] = {}
    if page.song:
        link = link_to_song(page.song, settings.formats[settings.main_format])
        kept_until = datetime.fromisoformat(page.song.kept_until)
        context["kept_until"] = f"{kept_until.day} {kept_until:%B %Y}"
    text = await render_template(template, session_id=session_id, page=page, link=link, **context)
    return Response(text, 404 if submission is None else 200, UNLISTED)


async def _describe_site() -> dict[str, object]:
    settings = current_services().settings
    return {
        "language": LANGUAGE,
        "simulated": settings.is_simulated,
        "terms_url": settings.terms_url,
        "privacy_url": settings.privacy_url,
        "attribution_text": settings.attribution_text,
        "attribution_url": settings.attribution_url,
        "submissions_per_browser": settings.form_submit_retry,
        "retention_days": settings.file_retention_days,
    }
