"""`/.well-known/security.txt` (RFC 9116): where to report vulnerabilities (SECURITY_CONTACT)."""

from datetime import timedelta
from typing import Final

from quart import Blueprint, Response
from quart_schema import hide
from werkzeug.exceptions import NotFound

from server.clock import now, to_wire
from server.web.context import current_services
from server.web.limiting import unlimited

PATH: Final = "/.well-known/security.txt"
VALID_FOR: Final = timedelta(days=180)
"""The RFC recommends less than a year; this counts from each request."""

contact = Blueprint("contact", __name__)


@contact.get(PATH)
@hide
@unlimited("It is the same for everybody and needs no database query.")
async def get_security_contact() -> Response:
    settings = current_services().settings
    if not settings.security_contact:
        raise NotFound
    lines = [
        f"Contact: {settings.security_contact}",
        f"Expires: {to_wire(now() + VALID_FOR)}",
        "Preferred-Languages: en",
    ]
    if settings.webhook_base_url.startswith("https://"):
        lines.append(f"Canonical: {settings.webhook_base_url.rstrip('/')}{PATH}")
    return Response("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")
