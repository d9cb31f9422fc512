"""Basic authentication for operators; without ADMIN_PASSWORD their routes answer 404.

Browsers don't send these credentials with a WebSocket. The admin page therefore presents a ticket
there, which it gets behind the login and which is valid for a minute.
"""

import hmac
import secrets
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

import structlog
from quart import g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import NotFound, Unauthorized

from server.errors import TooManyRequests
from server.limits import Rule
from server.settings import Settings
from server.web.context import current_services
from server.web.limiting import MARK
from server.web.routes.documentation import behind_login

Parameters = ParamSpec("Parameters")
Reply = TypeVar("Reply")
View = Callable[Parameters, Awaitable[Reply]]

TICKET_LIFETIME_S: Final = 60
MAX_CLOCK_SKEW_S: Final = 30
"""Tolerated clock difference between hosts of web processes."""
_PROCESS_KEY: Final = secrets.token_bytes(32)

logger = structlog.get_logger(__name__)


def for_operator(view: View[Parameters, Reply]) -> View[Parameters, Reply]:
    """Restrict a view to operators; failed logins are rate-limited, operators are not."""

    @wraps(view)
    async def check_then_view(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Reply:
        await require_operator()
        return await view(*args, **kwargs)

    setattr(check_then_view, MARK, Rule.ADMIN)
    return behind_login(check_then_view)


async def require_operator() -> None:
    """Raise Unauthorized (401) without a valid login, or NotFound (404) without ADMIN_PASSWORD.

    After too many failed logins from one address, raises TooManyRequests even for a correct login.
    """
    services = current_services()
    settings = services.settings
    if settings.admin_password is None:
        raise NotFound
    given = request.authorization
    username, password = (given.username, given.password) if given else (None, None)
    is_username = _is_same(username, settings.admin_username)
    is_password = _is_same(password, settings.admin_password.get_secret_value())
    # `&` evaluates both, so that a correct user name with a wrong password takes the same time.
    is_operator = is_username & is_password
    allowance = await services.limits.count(
        Rule.ADMIN, request.remote_addr, is_counted=not is_operator
    )
    g.allowance = allowance
    if allowance.is_exceeded:
        raise TooManyRequests(allowance.wait_s)
    if not is_operator:
        # Neither the attempt nor which of the two was wrong is logged.
        logger.warning("operator_refused", has_tried=given is not None)
        raise Unauthorized(
            "Please sign in.",
            www_authenticate=WWWAuthenticate("basic", {"realm": "petsong", "charset": "UTF-8"}),
        )
    logger.info("operator_admitted")


def new_ticket(settings: Settings) -> str:
    """A proof of the operator's login that every web process accepts for a minute."""
    end = str(int(time.time()) + TICKET_LIFETIME_S)
    return f"{end}.{_sign(settings, end)}"


def is_ticket(settings: Settings, ticket: str) -> bool:
    """Return whether `ticket` was made by `new_ticket` in the last minute."""
    end, _, signature = ticket.partition(".")
    if settings.admin_password is None or not (end.isascii() and end.isdigit()):
        return False
    is_ours = _is_same(signature, _sign(settings, end)) and len(end) < 12
    now_s = time.time()
    if is_ours and now_s <= int(end) <= now_s + TICKET_LIFETIME_S + MAX_CLOCK_SKEW_S:
        return True
    logger.warning("operator_refused", has_tried=True, by="ticket")
    return False


def _sign(settings: Settings, end: str) -> str:
    # Signed with more than the password: otherwise anybody could test passwords by forging tickets,
    # bypassing the limit on logins. The other secrets are the same in every web process; the key of
    # this process is added only when embedded, where there is just one.
    shared = [*settings.list_secrets(), settings.database_url, settings.redis_url or ""]
    key = "\0".join(shared).encode() + (_PROCESS_KEY if settings.is_embedded else b"")
    return hmac.digest(key, f"petsong ticket {end}".encode(), "sha256").hex()


def _is_same(given: str | None, expected: str) -> bool:
    text = (given or "").encode(errors="surrogatepass")
    return hmac.compare_digest(text, expected.encode())
