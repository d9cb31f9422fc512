"""Parses untrusted request bodies: a JSON object of limited size, or an error.

`json.loads` alone accepts NaN and duplicate keys and guesses encodings; all of these are rejected.
"""

import json
from typing import Final, NoReturn
from urllib.parse import urlsplit

from quart import request
from werkzeug.exceptions import BadRequest, Forbidden, UnsupportedMediaType

from server.web.bodies import read_body
from server.web.context import current_services
from server.web.cors import may_ask

MAX_PARTS: Final = 2000
"""Per kind of mark. Our form has six values, a webhook's song some hundred commas; parsing 7 MB of
`{},` would block the process for a second."""
PART_MARKS: Final = (b"{", b"[", b",", b":")
"""None of them occurs in base64."""


LONGEST_NUMBER: Final = 64


async def read_json_object() -> dict[str, object]:
    """Read the request's JSON object; its values are unchecked.

    Raises UnsupportedMediaType (415), BadRequest (400), or what `read_body` raises.
    """
    if request.mimetype != "application/json" or request.content_encoding not in (None, "identity"):
        raise UnsupportedMediaType("Please send application/json, not compressed.")
    return parse_json_object(await read_body())


def parse_json_object(body: bytes) -> dict[str, object]:
    """Parse `body` as a UTF-8 JSON object; raise BadRequest for anything else.

    A body of more than MAX_PARTS parts is rejected without parsing it.
    """
    if any(_has_more(body, mark, MAX_PARTS) for mark in PART_MARKS):
        raise BadRequest("The body has too many parts.")
    try:
        document = json.loads(
            body.decode(),
            object_pairs_hook=_without_repeats,
            parse_constant=_refuse_constant,
            parse_int=_read_int,
            parse_float=_read_float,
        )
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is not a JSON object.") from error
    if not isinstance(document, dict):
        raise BadRequest("The body is not a JSON object.")
    return document


def refuse_foreign_origin() -> None:
    """Raise Forbidden (403) if the request comes from another site's page.

    Our own pages are allowed, and CORS_ORIGINS on the routes open to them. Clients that send no
    Origin are allowed too: this protects visitors' browsers.
    """
    origin = request.headers.get("Origin")
    origins = current_services().settings.cors_origins
    if origin is None or may_ask(origin, request.path, origins):
        return
    if not _is_ours(origin):
        raise Forbidden("Requests from other sites are not accepted.")


def _is_ours(origin: str) -> bool:
    try:
        return urlsplit(origin).netloc == request.host
    except ValueError:  # brackets without an IP address
        return False


def _has_more(body: bytes, mark: bytes, most: int) -> bool:
    # Stops at the first mark above the limit: `count` would go through millions of them.
    position = -1
    for _ in range(most + 1):
        position = body.find(mark, position + 1)
        if position < 0:
            return False
    return True


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key is repeated")
    return document


def _read_int(text: str) -> int:
    return int(_require_short(text))


def _read_float(text: str) -> float:
    return float(_require_short(text))


def _require_short(text: str) -> str:
    # Parsing a number takes quadratic time in its digits, and our forms contain none.
    if len(text) > LONGEST_NUMBER:
        raise ValueError("a number is too long")
    return text


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
