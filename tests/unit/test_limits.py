"""The limits by address, in the memory of one process."""

import asyncio

import pytest

from server.errors import TooManyRequests
from server.limits import RequestLimits, Rule, client_key
from server.settings import Settings


def settings(**changes: object) -> Settings:
    return Settings.model_validate(
        {"redis_url": None, "submissions_per_hour_per_ip": 3, "results_per_hour_per_ip": 5}
        | changes
    )


@pytest.mark.parametrize(
    ("address", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        (None, "garbage", True),
    ],
)
def test_row_11_who_is_counted_together(address: str | None, other: str, is_same: bool) -> None:
    assert (client_key(address) == client_key(other)) is is_same


async def test_one_too_many_is_refused() -> None:
    async with RequestLimits(settings()) as limits:
        for _ in range(3):
            await limits.admit(Rule.SUBMISSIONS, "192.0.2.1")

        with pytest.raises(TooManyRequests) as refusal:
            await limits.admit(Rule.SUBMISSIONS, "192.0.2.1")

        assert 3500 < refusal.value.retry_after_s <= 3600
        await limits.admit(Rule.SUBMISSIONS, "192.0.2.2")
        await limits.admit(Rule.RESULTS, "192.0.2.1")


async def test_parallel_requests_do_not_slip_through() -> None:
    async with RequestLimits(settings()) as limits:
        outcomes = await asyncio.gather(
            *(limits.admit(Rule.RESULTS, "192.0.2.1") for _ in range(20)), return_exceptions=True
        )

    assert outcomes.count(None) == 5
