"""While the song service fails everybody, nobody fails, and one at a time tries again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from server.clock import now
from server.pipeline import ordering
from server.services import Services
from server.simulator.client import Simulator
from server.simulator.faults import Fault, Switch
from server.submissions import account, transitions
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission
from tests.integration.conftest import OpenStack
from tests.integration.doorbell import RecordingDoorbell
from tests.integration.orders.steps import (
    RICH,
    dispatch,
    let_pause_pass,
    paid,
    queue_up,
    stages,
)
from tests.servers import free_port

Outage = Switch | None
"""None: the service is away."""

OUTAGES = {
    "away": None,
    "error": Switch(Fault.API_STATUS, 503),
    "moved": Switch(Fault.API_STATUS, 308),
    "not found": Switch(Fault.CREATE_STATUS, 404),
    "not allowed": Switch(Fault.CREATE_STATUS, 405),
    "forbidden": Switch(Fault.CREATE_STATUS, 403),
    "mistyped key": Switch(Fault.API_KEY_REFUSED),
    "revoked key": Switch(Fault.CREATE_STATUS, 401),
    "no credits": Switch(Fault.CREATE_STATUS, 402),
    "hangs": Switch(Fault.API_HANGS),
}


@asynccontextmanager
async def outage(
    open_site: OpenStack, simulator: Simulator, fault: Outage
) -> AsyncIterator[Services]:
    """A site whose song service is out of order; nothing is stored there by then."""
    if fault is None:
        async with open_site(external_api_url=f"http://127.0.0.1:{free_port()}/v1") as services:
            yield services
        return
    async with open_site() as services:
        await simulator.set_faults(RICH, fault)
        yield services


@pytest.mark.parametrize("kind", OUTAGES)
async def test_row_94_an_outage_fails_nobody_and_is_probed_by_one_at_a_time(
    open_site: OpenStack, simulator: Simulator, kind: str
) -> None:
    async with outage(open_site, simulator, OUTAGES[kind]) as services:
        rows = await queue_up(15)
        with capture_logs() as logs:
            assert len(await dispatch(services)) == 10
            assert await dispatch(services) == [], "orders are stopped"
            tried: list[list[str]] = []
            for _ in range(12):
                await let_pause_pass()
                tried.append(await dispatch(services))

        assert all(len(probe) <= 1 for probe in tried)
        ends = await stages()
        assert Stage.FAILED not in ends.values()
        assert set(ends) == set(rows)
        critical = [line["event"] for line in logs if line["log_level"] == "critical"]
        assert critical.count("song_service_unavailable") == 1
        row = await account.read_account()
        assert row.failed_probes == 13
        assert row.paused_until is not None
        assert 250 < (row.paused_until - now()).total_seconds() <= 300


@pytest.mark.parametrize("kind", ["error", "moved", "mistyped key", "not found"])
async def test_row_94_after_an_outage_all_are_served_in_their_order(
    open_site: OpenStack, simulator: Simulator, kind: str
) -> None:
    async with outage(open_site, simulator, OUTAGES[kind]) as services:
        rows = await queue_up(15)
        await dispatch(services)
        for _ in range(3):
            await let_pause_pass()
            await dispatch(services)
        await simulator.set_faults(RICH)
        before = await paid(simulator)
        await let_pause_pass()

        (probe,) = await dispatch(services)
        others = await dispatch(services)

        waiting = [session_id for session_id in rows if session_id != probe]
        assert others == waiting[:9]
        assert await paid(simulator) == before + 10
        assert (await account.read_account()).unavailable_since is None
        assert all(row.attempts == 0 for row in await Submission.filter(stage=Stage.QUEUED))


async def test_row_94_one_that_breaks_the_service_keeps_nobody_waiting_for_ever(
    open_site: OpenStack, simulator: Simulator
) -> None:
    async with open_site(max_concurrent_requests=1) as services:
        culprit, *others = await queue_up(1 + ordering.MAX_OUTAGES)
        for other in others:
            await simulator.set_faults(RICH, Switch(Fault.CREATE_STATUS, 500, times=1))
            assert await dispatch(services) == [culprit]
            await let_pause_pass()
            if other is not others[-1]:
                assert await dispatch(services) == [other], "the others try first"
                assert (await account.read_account()).failed_probes == 0
            await Submission.filter(session_id=other).delete()

        row = await Submission.get(session_id=culprit)
        assert (row.stage, row.failure_reason) == (Stage.FAILED, "service_error")
        assert "500" in (row.failure_message or "")


async def test_row_98_a_shorter_pause_leaves_a_longer_one_as_it_is(site: Services) -> None:
    await account.pause("long", 300)
    long = (await account.read_account()).paused_until

    await account.pause("short", 1)

    row = await account.read_account()
    assert (row.paused_until, row.pause_reason) == (long, "long")


async def test_orders_of_one_moment_stop_together(
    open_site: OpenStack, simulator: Simulator
) -> None:
    async with outage(open_site, simulator, OUTAGES["error"]) as services:
        await queue_up(10)
        claimed = await transitions.claim_slots(services)

        await asyncio.gather(*(ordering.send_to_sonauto(services, one) for one in claimed))

        assert (await account.read_account()).failed_probes == 1
        assert sum([row.retry_count for row in await Submission.all()]) == 1


@pytest.mark.parametrize("balance", [99, 1, 0, -5])
async def test_row_99_a_balance_that_pays_for_no_song_orders_none(
    site: Services, balance: int
) -> None:
    (session_id,) = await queue_up(1)
    await account.keep_balance(site, balance, now())

    assert await dispatch(site) == []

    await account.keep_balance(site, 100, now())
    assert await dispatch(site) == [session_id]


async def test_row_99_a_402_has_the_balance_read_at_once(
    site: Services, simulator: Simulator
) -> None:
    await queue_up(1)
    await simulator.set_faults(Switch(Fault.CREATE_STATUS, 402))

    await dispatch(site)

    assert isinstance(site.doorbell, RecordingDoorbell)
    assert ("check_credits", None) in site.doorbell.rings
