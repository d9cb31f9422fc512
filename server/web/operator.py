"""Who may see what is for the operator: basic authentication, and 404 without ADMIN_PASSWORD."""

import hmac

import structlog
from quart import request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import NotFound, Unauthorized

from server.web.context import current_services

logger = structlog.get_logger(__name__)


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
        # Which of the two was wrong is not told here either, nor what was tried.
        logger.warning("operator_refused", has_tried=given is not None)
        raise Unauthorized(
            "Please sign in.",
            www_authenticate=WWWAuthenticate("basic", {"realm": "petsong", "charset": "UTF-8"}),
        )
    logger.info("operator_admitted")


def _is_same(given: str | None, expected: str) -> bool:
    return hmac.compare_digest((given or "").encode(), expected.encode())
