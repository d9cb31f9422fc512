"""Maps answers of the song service to errors: who is at fault, and how long to wait.

Invariant: only answers about the request itself are `Refused`. Any other failure would happen to
every order, so no submission is to blame for it.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

import httpx

from server.clock import now
from server.errors import Paused, Refused, Unanswered, Unavailable

MAX_PAUSE_S: Final = 600.0
DEFAULT_PAUSE_S: Final = 30.0
LONGEST_REASON: Final = 300

MAY_BE_ABOUT_THE_ORDER: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)
LOST_BY_A_PROXY: Final = frozenset({502, 504, *range(520, 525)})
"""A proxy got no answer from the service; 520 to 524 are Cloudflare's."""

VISITORS_FIELDS: Final = frozenset({"prompt", "tags", "lyrics"})
"""Fields of an order that depend on the visitor; the others are the same in every order."""
ABOUT_VISITORS_FIELDS: Final = re.compile(r"\b(?:prompt|tags?|lyrics?|content|moderat\w+)\b", re.I)


def raise_for_status(response: httpx.Response, document: object) -> None:
    """Raise the error for an unsuccessful answer; `document` is its JSON, None if it has none.

    Raises Paused, Refused, Unavailable, or Unanswered if an order may have been billed.
    """
    status = response.status_code
    if response.is_success:
        return
    reason = _read_reason(document)
    message = f"the song service answered {status}" + (f": {reason}" if reason else "")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        pause_s = read_retry_after(response) or DEFAULT_PAUSE_S
        raise Paused(message, min(pause_s, MAX_PAUSE_S))
    if status in LOST_BY_A_PROXY and response.request.method == "POST":
        raise Unanswered(message)
    if status in MAY_BE_ABOUT_THE_ORDER and _is_about_the_order(status, document, reason):
        raise Refused(message, status)
    pause_s = min(read_retry_after(response) or 0.0, MAX_PAUSE_S)
    raise Unavailable(message, status, pause_s)


def _is_about_the_order(status: int, document: object, reason: str) -> bool:
    """Return whether a 400 or 422 is about the visitor's wishes, not about our key or settings.

    The service answers a mistyped key with 400 {"detail": "Invalid API key format"}. Without a
    reason in the API's format, the answer is not the API's.
    """
    detail = document.get("detail") if isinstance(document, dict) else None
    if isinstance(detail, list):
        return not VISITORS_FIELDS.isdisjoint(_list_places(detail))
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return bool(reason)
    return ABOUT_VISITORS_FIELDS.search(reason) is not None


def _list_places(problems: list[object]) -> set[str]:
    places: set[str] = set()
    for problem in problems:
        place = problem.get("loc") if isinstance(problem, dict) else None
        places |= set(map(str, place)) if isinstance(place, list) else set()
    return places


def read_retry_after(response: httpx.Response) -> float | None:
    """Parse Retry-After into seconds, at least 0; None if it is missing or invalid."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        # Longer numbers are not plausible, and Python refuses to parse very long ones.
        return float(value) if len(value) < 10 else None
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return max(0.0, (_aware(moment) - now()).total_seconds())


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read_reason(document: object) -> str:
    """Return the text of FastAPI's `{"detail": ...}` as one line of limited length."""
    detail = document.get("detail") if isinstance(document, dict) else None
    if isinstance(detail, list):
        detail = "; ".join(filter(None, map(_read_problem, detail)))
    if not isinstance(detail, str):
        return ""
    return " ".join(storable(detail).split())[:LONGEST_REASON]


def _read_problem(problem: object) -> str:
    if not isinstance(problem, dict):
        return ""
    place: Any = problem.get("loc")
    field = ".".join(map(str, place)) if isinstance(place, list) else ""
    return f"{field}: {problem.get('msg')}" if field else str(problem.get("msg", ""))


def storable(text: str) -> str:
    """Remove NUL and lone surrogates, which JSON can contain and PostgreSQL rejects."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
