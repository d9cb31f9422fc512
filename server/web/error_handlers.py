"""Maps every error to a response.

API clients get the spec's `{success, error, message}`, browsers get a page. Internal causes are
only logged.
"""

from collections.abc import Mapping
from typing import Final

import structlog
from jinja2 import TemplateNotFound
from quart import Quart, Response, render_template, request
from tortoise.exceptions import OperationalError
from werkzeug.exceptions import HTTPException

from server import words
from server.database.connection import UNAVAILABLE, is_busy
from server.errors import (
    DatabaseUnavailable,
    FormRejected,
    IdempotencyKeyReused,
    PhotosUnavailable,
    SoldOut,
    StorageFull,
    SubmissionLimitReached,
    TooManyRequests,
)
from server.storage import StorageUnavailable
from server.storage.urls import MEDIA_PATH
from server.web.replies import ErrorReply, reply

PROGRAM_PATHS: Final = ("/api/", f"{MEDIA_PATH}/", "/assets/", "/metrics")

REFUSALS: Final = frozenset({400, 403, 408, 413, 415})
"""Statuses our own pages never cause; logged because they indicate probing."""

QUOTA_RETRY_AFTER_S: Final = 86_400
"""A browser's quota is permanent unless the operator raises it, so clients should retry once a day
at most."""

MISTAKES: Final = (FileNotFoundError, PermissionError, NotADirectoryError, TemplateNotFound)
"""OSErrors that are bugs or a broken installation, not an unreachable server."""

logger = structlog.get_logger(__name__)


def answer_errors(app: Quart) -> None:
    """Register handlers for all errors that views raise."""
    app.register_error_handler(FormRejected, _form_rejected)
    app.register_error_handler(IdempotencyKeyReused, _idempotency_key_reused)
    app.register_error_handler(SubmissionLimitReached, _submission_limit_reached)
    app.register_error_handler(TooManyRequests, _too_many_requests)
    app.register_error_handler(SoldOut, _sold_out)
    app.register_error_handler(StorageFull, _storage_full)
    for unavailable in (DatabaseUnavailable, StorageUnavailable, PhotosUnavailable, *UNAVAILABLE):
        app.register_error_handler(unavailable, _unavailable)
    app.register_error_handler(OperationalError, _operational)
    for mistake in MISTAKES:
        app.register_error_handler(mistake, _unexpected)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


async def _form_rejected(error: FormRejected) -> Response:
    logger.info("form_rejected", error=error.error, fields=sorted(error.fields))
    body = ErrorReply(error=error.error, message=error.message, fields=error.fields or None)
    return reply(body, 400)


async def _idempotency_key_reused(_error: IdempotencyKeyReused) -> Response:
    logger.warning("idempotency_key_reused")
    body = ErrorReply(error="idempotency_key_reused", message=words.FORM_CHANGED)
    return reply(body, 422)


async def _submission_limit_reached(error: SubmissionLimitReached) -> Response:
    body = ErrorReply(
        error="rate_limit_exceeded",
        message=words.QUOTA_USED_UP,
        attempts_used=error.attempts_used,
        max_attempts=error.max_attempts,
    )
    return reply(body, 429, {"Retry-After": str(QUOTA_RETRY_AFTER_S)})


async def _too_many_requests(error: TooManyRequests) -> Response:
    body = ErrorReply(error="too_many_requests", message=words.TOO_MANY_REQUESTS)
    return reply(body, 429, {"Retry-After": str(error.retry_after_s)})


async def _sold_out(_error: SoldOut) -> Response:
    return reply(ErrorReply(error="sold_out", message=words.SOLD_OUT), 503)


async def _storage_full(_error: StorageFull) -> Response:
    return reply(ErrorReply(error="storage_full", message=words.STORAGE_FULL), 503)


async def _unavailable(error: Exception) -> Response:
    # A lost database takes the whole site down and is critical; with a lost storage the pages still
    # work.
    is_database = not isinstance(error, StorageUnavailable)
    event = "database_unavailable" if is_database else "storage_unavailable"
    level = logger.critical if is_database else logger.error
    level(event, rule=_rule(), exc_info=error)
    return await _answer(503, "service_unavailable", words.UNAVAILABLE)


async def _operational(error: OperationalError) -> Response:
    return await (_unavailable if is_busy(error) else _unexpected)(error)


async def _http_error(error: HTTPException) -> Response:
    code = error.code or 500
    if code in REFUSALS:
        logger.info("request_refused", status=code, rule=_rule())
    name = error.name.lower().replace(" ", "_")
    headers = {key: value for key, value in error.get_headers() if key != "Content-Type"}
    return await _answer(code, name, error.description or error.name, headers)


async def _unexpected(error: Exception) -> Response:
    logger.error("unexpected_error", rule=_rule(), exc_info=error)
    return await _answer(500, "server_error", words.SERVER_ERROR)


async def _answer(
    status: int, error: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    if request.path.startswith(PROGRAM_PATHS):
        return reply(ErrorReply(error=error, message=message), status, headers)
    page = await render_template("error.html", status=status, message=message)
    return Response(page, status, dict(headers or {}))


def _rule() -> str:
    # The rule, not the path: a path may contain a webhook's token.
    return request.url_rule.rule if request.url_rule else "none"
