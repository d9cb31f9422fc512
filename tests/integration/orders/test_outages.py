"""While the song service fails every order, no submission fails, and one at a time probes."""

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
from server.submissions.model import GenerationAttempt, SongAccount, Submission
from tests.integration.conftest import OpenStack
from tests.integration.orders.steps import (
    RICH,
    age_orders,
    dispatch,
    let_pause_pass,
    paid,
    queue_up,
    run_what_is_due,
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
    """A site whose song service is failing; nothing is stored yet."""
    if fault is None:
        async with open_site(external_api_url=f"http://127.0.0.1:{free_port()}/v1") as services:
            yield services
        return
    timeout_s = 0.5 if fault == OUTAGES["hangs"] else 60
    async with open_site(api_request_timeout_seconds=timeout_s) as services:
        await simulator.set_faults(RICH, fault)
        yield services


@pytest.mark.fault(94)
@pytest.mark.parametrize("kind", OUTAGES)
async def test_an_outage_fails_no_submission_and_one_at_a_time_probes(
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
        assert row.next_probe_at is not None
        assert 250 < (row.next_probe_at - now()).total_seconds() <= 300


@pytest.mark.fault(94)
@pytest.mark.parametrize("kind", ["error", "moved", "mistyped key", "not found"])
async def test_after_an_outage_submissions_are_served_in_order(
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


@pytest.mark.fault(94)
async def test_a_submission_that_breaks_the_service_does_not_block_the_others(
    open_site: OpenStack, simulator: Simulator
) -> None:
    async with open_site(max_concurrent_requests=1) as services:
        culprit, *others = await queue_up(1 + ordering.MAX_OUTAGES)
        for other in others:
            await simulator.set_faults(RICH, Switch(Fault.CREATE_STATUS, 500, times=1))
            # Each time it lets the others continue for longer.
            await Submission.filter(session_id=culprit).update(next_run_at=now())
            assert await dispatch(services) == [culprit]
            await let_pause_pass()
            if other is not others[-1]:
                assert await dispatch(services) == [other], "the others try first"
                assert (await account.read_account()).failed_probes == 0
            await Submission.filter(session_id=other).delete()

        row = await Submission.get(session_id=culprit)
        assert (row.stage, row.failure_reason) == (Stage.FAILED, "service_error")
        assert "500" in (row.failure_message or "")


ANSWERS_WITHOUT_A_SERVICE = {
    "gateway": Switch(Fault.API_STATUS, 502),
    "maintenance page": Switch(Fault.API_STATUS, 200),
    "orders alone": Switch(Fault.CREATE_STATUS, 504),
}


@pytest.mark.fault(94)
@pytest.mark.parametrize("kind", ANSWERS_WITHOUT_A_SERVICE)
async def test_an_outage_with_ambiguous_answers_fails_no_submission(
    open_site: OpenStack, simulator: Simulator, kind: str
) -> None:
    async with open_site() as services:
        rows = await queue_up(15)
        await simulator.set_faults(RICH, ANSWERS_WITHOUT_A_SERVICE[kind])
        with capture_logs() as logs:
            assert len(await dispatch(services)) == 10
            for _ in range(8):
                await age_orders(minutes=5)
                await run_what_is_due(services)
                await let_pause_pass()
                assert len(await dispatch(services)) <= 1

        ends = await stages()
        assert set(ends) == set(rows)
        assert Stage.FAILED not in ends.values()
        critical = [line["event"] for line in logs if line["log_level"] == "critical"]
        assert critical == ["song_service_unavailable"]
        attempts = [await GenerationAttempt.filter(session_id=row).count() for row in rows]
        assert max(attempts) == 1, "an order without an answer is not sent again meanwhile"

        await simulator.set_faults(RICH)
        await let_pause_pass()
        while await dispatch(services):
            continue
        assert Stage.FAILED not in (await stages()).values()
        assert (await account.read_account()).failed_probes == 0


@pytest.mark.fault(94)
async def test_intermittent_failures_end_no_submission(
    open_site: OpenStack, simulator: Simulator
) -> None:
    async with open_site(max_concurrent_requests=1) as services:
        rows = await queue_up(3)
        for _ in range(6):
            await simulator.set_faults(RICH, Switch(Fault.CREATE_STATUS, 503, times=1))
            await Submission.filter(session_id=rows[0]).update(next_run_at=now())
            await dispatch(services)
            await simulator.set_faults(RICH, Switch(Fault.CREATE_STATUS, 429, retry_after="1"))
            await let_pause_pass()
            await dispatch(services)
            await SongAccount.filter(id=1).update(paused_until=None)
            await simulator.set_faults(RICH)
            await let_pause_pass()
            for done in await dispatch(services):
                await Submission.filter(session_id=done).update(stage=Stage.QUEUED)

        assert Stage.FAILED not in (await stages()).values()


@pytest.mark.fault(98)
async def test_a_failure_does_not_shorten_a_longer_pause(
    site: Services, simulator: Simulator
) -> None:
    await queue_up(2)
    claimed = await transitions.claim_slots(site)
    await account.pause("asked for", 300)
    until = (await account.read_account()).paused_until
    await simulator.set_faults(RICH, Switch(Fault.CREATE_STATUS, 503, times=1))

    await account.note_failure(site, "another order", is_probe=False)
    await account.note_success(site)
    await asyncio.gather(*(ordering.send_to_sonauto(site, one) for one in claimed))

    assert (await account.read_account()).paused_until == until
    assert set((await stages()).values()) == {Stage.QUEUED}, "who had a slot waits, too"


@pytest.mark.fault(98)
async def test_a_shorter_pause_does_not_replace_a_longer_one(site: Services) -> None:
    await account.pause("long", 300)
    long = (await account.read_account()).paused_until

    await account.pause("short", 1)

    row = await account.read_account()
    assert (row.paused_until, row.pause_reason) == (long, "long")


async def test_concurrent_orders_stop_together(open_site: OpenStack, simulator: Simulator) -> None:
    async with outage(open_site, simulator, OUTAGES["error"]) as services:
        await queue_up(10)
        claimed = await transitions.claim_slots(services)

        await asyncio.gather(*(ordering.send_to_sonauto(services, one) for one in claimed))

        assert (await account.read_account()).failed_probes == 1
        assert sum([row.retry_count for row in await Submission.all()]) == 1
