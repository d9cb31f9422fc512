"""Which route is limited by address, and by which rule, and what its answers say of it.

Every view is marked with `limited`, or with `unlimited` and the reason; a test walks the URL map
and finds the unmarked.
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
    """Count each request of the view under `rule`; the one too many is answered 429."""

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
    """Mark a view that may be asked without a limit, and say why."""

    def mark(view: Callable[Parameters, Reply]) -> Callable[Parameters, Reply]:
        setattr(view, MARK, reason)
        return view

    return mark


def tell_limits(app: Quart) -> None:
    """Tell in each answer of a limited view what is left, whatever it answers.

    In the fields of draft-ietf-httpapi-ratelimit-headers-10: they say what the quota is of, and
    that it is one of any hour. The three that are widespread, of its first versions, cannot.
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
