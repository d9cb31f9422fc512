"""Who may see what is for the operator: basic authentication, and 404 without ADMIN_PASSWORD."""

import hmac

from quart import request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import NotFound, Unauthorized

from server.web.context import current_services


def require_operator() -> None:
    """Raise Unauthorized (401) when somebody else asks; NotFound (404) where nobody may."""
    settings = current_services().settings
    if settings.admin_password is None:
        raise NotFound
    given = request.authorization
    username, password = (given.username, given.password) if given else (None, None)
    is_username = _is_same(username, settings.admin_username)
    is_password = _is_same(password, settings.admin_password.get_secret_value())
    # `&` asks both, so that a right user name with a wrong password takes no longer.
    if not is_username & is_password:
        raise Unauthorized(
            "Please sign in.",
            www_authenticate=WWWAuthenticate("basic", {"realm": "petsong", "charset": "UTF-8"}),
        )


def _is_same(given: str | None, expected: str) -> bool:
    return hmac.compare_digest((given or "").encode(), expected.encode())
