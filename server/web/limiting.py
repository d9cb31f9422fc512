"""Rate limits: which rule applies to a route, and the headers that report it.

Every view is marked with `limited`, or with `unlimited` and the reason. A test walks the URL map
and finds unmarked views.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

import structlog
from quart import Quart, Response, g, request

from server.errors import TooManyRequests
from server.limits import Allowance, Rule
from server.web.context import current_services

Parameters = ParamSpec("Parameters")
Reply = TypeVar("Reply")
View = Callable[Parameters, Awaitable[Reply]]

MARK: Final = "_petsong_limit"

logger = structlog.get_logger(__name__)


def limited(rule: Rule) -> Callable[[View[Parameters, Reply]], View[Parameters, Reply]]:
    """Count requests of the view under `rule`; above the limit it answers 429."""

    def decorate(view: View[Parameters, Reply]) -> View[Parameters, Reply]:
        @wraps(view)
        async def count_then_view(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Reply:
            allowance = await current_services().limits.count(rule, request.remote_addr)
            g.allowance = allowance
            if allowance.is_exceeded:
                logger.warning("limit_reached", rule=rule.value)
                raise TooManyRequests(allowance.wait_s)
            return await view(*args, **kwargs)

        setattr(count_then_view, MARK, rule)
        return count_then_view

    return decorate


def unlimited(
    reason: str,
) -> Callable[[Callable[Parameters, Reply]], Callable[Parameters, Reply]]:
    """Mark a view without a limit, and give the reason."""

    def mark(view: Callable[Parameters, Reply]) -> Callable[Parameters, Reply]:
        setattr(view, MARK, reason)
        return view

    return mark


def add_limit_headers(app: Quart) -> None:
    """Add rate-limit headers to every response of a limited view.

    They follow draft-ietf-httpapi-ratelimit-headers-10, which names the quota and its window. The
    widespread three headers of its first versions cannot.
    """

    @app.after_request
    async def tell(response: Response) -> Response:
        allowance: Allowance | None = g.get("allowance")
        if allowance is not None:
            name = f'"{allowance.rule.value}"'
            policy = f"{name};q={allowance.quota};w={allowance.window_s}"
            response.headers["RateLimit-Policy"] = policy
            response.headers["RateLimit"] = f"{name};r={allowance.remaining};t={allowance.wait_s}"
        return response
