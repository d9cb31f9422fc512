"""Rate limits per address: a moving window per rule, shared by all web processes.

Limits never take the site down: without Redis, each web process counts on its own.
"""

import asyncio
import math
import re
import time
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from types import TracebackType
from typing import Any, Final, Self

import structlog
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from server.settings import Settings

REDIS_TIMEOUT: Final = timedelta(seconds=0.5)
ADMIN_REQUESTS_PER_MINUTE: Final = 30
REMOVALS_PER_HOUR: Final = 60
WITH_PORT: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::[0-9]{1,5})?")

logger = structlog.get_logger(__name__)


class Rule(StrEnum):
    """The limited kinds of request."""

    SUBMISSIONS = "submissions"
    RESULTS = "results"
    REMOVALS = "removals"
    ADMIN = "admin"


@dataclass(frozen=True)
class Allowance:
    """What an address has left of a rule, including the request just counted.

    Of `quota` requests in any `window_s` seconds, `remaining` are left; the next one is free in
    `wait_s`. `is_exceeded` means that this request was above the limit, and was not counted.
    """

    rule: Rule
    quota: int
    window_s: int
    remaining: int
    wait_s: int
    is_exceeded: bool


class RequestLimits:
    """Counts requests by rule and address; use it with `async with`. It connects on first use."""

    def __init__(self, settings: Settings) -> None:
        self._items: dict[Rule, RateLimitItem] = {
            Rule.SUBMISSIONS: RateLimitItemPerHour(settings.submissions_per_hour_per_ip),
            Rule.RESULTS: RateLimitItemPerHour(settings.results_per_hour_per_ip),
            Rule.REMOVALS: RateLimitItemPerHour(REMOVALS_PER_HOUR),
            Rule.ADMIN: RateLimitItemPerMinute(ADMIN_REQUESTS_PER_MINUTE),
        }
        self._connections: ConnectionPool | None = None
        self._own_windows = MovingWindowRateLimiter(MemoryStorage())
        self._storage: MemoryStorage | RedisStorage = MemoryStorage()
        if settings.redis_url is not None:
            self._connections = ConnectionPool.from_url(settings.redis_url)
            # `limits` documents this option but leaves it out of its annotations.
            options: dict[str, Any] = {"connection_pool": self._connections}
            self._storage = RedisStorage(
                f"async+{settings.redis_url}", implementation="redispy", **options
            )
        self._windows = MovingWindowRateLimiter(self._storage)
        self._was_counting = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._connections is not None:
            await self._connections.aclose()

    async def count(self, rule: Rule, address: str | None, *, is_counted: bool = True) -> Allowance:
        """Count one request, or only check; return what `address` has left.

        IPv6 addresses are counted by /64, the usual allocation of one customer.
        """
        client = client_key(address)
        if self._connections is None:
            # Without a time limit: on a busy machine the memory's own clean-up may block a counter
            # for longer than Redis is given.
            return await self._count_in(self._own_windows, rule, client, is_counted)
        try:
            async with asyncio.timeout(REDIS_TIMEOUT.total_seconds()):
                allowance = await self._count_in(self._windows, rule, client, is_counted)
        except (RedisError, OSError, TimeoutError) as error:
            self._note(is_counting=False, error=type(error).__name__)
            # Otherwise, anybody who can slow Redis down could guess passwords without limit.
            return await self._count_in(self._own_windows, rule, client, is_counted)
        self._note(is_counting=True)
        return allowance

    async def is_counting(self) -> bool:
        """Return whether the storage of the counters responds."""
        try:
            async with asyncio.timeout(REDIS_TIMEOUT.total_seconds()):
                return await self._storage.check()
        except (RedisError, OSError, TimeoutError):
            return False

    async def _count_in(
        self, windows: MovingWindowRateLimiter, rule: Rule, client: str, is_counted: bool
    ) -> Allowance:
        item = self._items[rule]
        ask = windows.hit if is_counted else windows.test
        is_within = await ask(item, rule, client)
        window = await windows.get_window_stats(item, rule, client)
        return Allowance(
            rule,
            quota=item.amount,
            window_s=item.get_expiry(),
            remaining=max(0, window.remaining),
            wait_s=max(1, math.ceil(window.reset_time - time.time())),
            is_exceeded=not is_within,
        )

    def _note(self, *, is_counting: bool, error: str | None = None) -> None:
        if self._was_counting and not is_counting:
            logger.warning("limits_per_process", error=error)
        elif is_counting and not self._was_counting:
            logger.info("limits_shared_again")
        self._was_counting = is_counting


def client_key(address: str | None) -> str:
    """The key by which a client is counted: its IPv4 address, its IPv6 /64, or `unknown`.

    Some proxies append a port to the address, which is ignored.
    """
    match = WITH_PORT.fullmatch(address or "")
    try:
        ip = ip_address(match[1] or match[2] if match else address or "")
    except ValueError:
        return "unknown"
    if not isinstance(ip, IPv6Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return ip.packed[:8].hex()
