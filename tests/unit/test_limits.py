"""The limits by address, in the memory of one process."""

import asyncio

import pytest

from server.limits import RequestLimits, Rule, client_key
from server.settings import Settings


def settings(**changes: object) -> Settings:
    return Settings.model_validate(
        {"redis_url": None, "submissions_per_hour_per_ip": 3, "results_per_hour_per_ip": 5}
        | changes
    )


@pytest.mark.fault(11)
@pytest.mark.parametrize(
    ("address", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1:4711", "192.0.2.1:4712", True),
        ("192.0.2.1:4711", "192.0.2.2:4711", False),
        ("[2001:db8:1:2::1]:4711", "2001:db8:1:2::2", True),
        ("[2001:db8:1:2::1]", "[2001:db8:1:3::1]:80", False),
        ("1.2.3", "[::zz]:1", True),
        (None, "garbage", True),
    ],
)
def test_addresses_of_one_visitor_are_counted_together(
    address: str | None, other: str, is_same: bool
) -> None:
    assert (client_key(address) == client_key(other)) is is_same


async def test_a_request_beyond_the_limit_is_refused() -> None:
    async with RequestLimits(settings()) as limits:
        left = [await limits.count(Rule.SUBMISSIONS, "192.0.2.1") for _ in range(4)]

        assert [allowance.is_exceeded for allowance in left] == [False, False, False, True]
        assert [allowance.remaining for allowance in left] == [2, 1, 0, 0]
        assert {(allowance.quota, allowance.window_s) for allowance in left} == {(3, 3600)}
        assert 3500 < left[-1].wait_s <= 3600
        for rule, address in ((Rule.SUBMISSIONS, "192.0.2.2"), (Rule.RESULTS, "192.0.2.1")):
            assert not (await limits.count(rule, address)).is_exceeded


async def test_the_spec_names_the_numbers() -> None:
    async with RequestLimits(Settings(redis_url=None)) as limits:
        quotas = {rule: await limits.count(rule, "192.0.2.1") for rule in Rule}

    assert (quotas[Rule.SUBMISSIONS].quota, quotas[Rule.SUBMISSIONS].window_s) == (20, 3600)
    assert (quotas[Rule.RESULTS].quota, quotas[Rule.RESULTS].window_s) == (100, 3600)


async def test_parallel_requests_do_not_slip_through() -> None:
    async with RequestLimits(settings()) as limits:
        counts = await asyncio.gather(*(limits.count(Rule.RESULTS, "192.0.2.1") for _ in range(20)))

    assert [allowance.is_exceeded for allowance in counts].count(False) == 5
