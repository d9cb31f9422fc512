"""Which route is limited by address, and by which rule.

Every view is marked with `limited` or `unlimited`; a test walks the URL map and finds the unmarked.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from quart import request

from server.limits import Rule
from server.web.context import current_services

Parameters = ParamSpec("Parameters")
Reply = TypeVar("Reply")
View = Callable[Parameters, Awaitable[Reply]]

MARK: Final = "_petsong_rule"


def limited(rule: Rule) -> Callable[[View[Parameters, Reply]], View[Parameters, Reply]]:
    """Count each request of the view under `rule`; the one too many is answered 429."""

    def decorate(view: View[Parameters, Reply]) -> View[Parameters, Reply]:
        @wraps(view)
        async def count_then_view(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Reply:
            await current_services().limits.admit(rule, request.remote_addr)
            return await view(*args, **kwargs)

        setattr(count_then_view, MARK, rule)
        return count_then_view

    return decorate


def unlimited(view: View[Parameters, Reply]) -> View[Parameters, Reply]:
    """Mark a view that is cheap, or that must answer however often it is asked."""
    setattr(view, MARK, None)
    return view
