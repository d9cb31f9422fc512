"""An order is sent once, by the holder of the row, and again only when that is safe."""

from datetime import timedelta

import pytest

from server.clock import now
from server.pipeline import attempts, ordering
from server.pipeline.leases import hold
from server.services import Services
from server.simulator.client import Simulator
from server.simulator.faults import Fault, Switch
from server.submissions import account, transitions
from server.submissions.lifecycle import Stage
from server.submissions.model import GenerationAttempt, SongAccount, Submission
from tests.integration.conftest import OpenStack
from tests.integration.orders.steps import (
    ORDER,
    RICH,
    age_orders,
    dispatch,
    let_pause_pass,
    paid,
    queue_up,
    run_what_is_due,
    stages,
)


@pytest.mark.fault(96)
async def test_a_worker_frozen_past_its_lease_orders_nothing(
    site: Services, simulator: Simulator
) -> None:
    before = await paid(simulator)
    (session_id,) = await queue_up(1)
    await transitions.claim_slots(site)
    async with hold(session_id, Stage.SENDING, 45) as frozen:
        assert frozen is not None
        await Submission.filter(session_id=session_id).update(lease_until=now())
        await ordering.send_to_sonauto(site, session_id)

        assert await attempts.record_attempt(site, frozen, 0) is None

    assert await paid(simulator) == before + 1
    assert await GenerationAttempt.filter(session_id=session_id).count() == 1


@pytest.mark.fault(96)
async def test_a_song_adopted_meanwhile_is_not_ordered_again(
    site: Services, simulator: Simulator
) -> None:
    (session_id,) = await queue_up(1)
    await transitions.claim_slots(site)
    async with hold(session_id, Stage.SENDING, 45) as lease:
        assert lease is not None
        assert await transitions.start_composing(site, session_id, "adopted")

        assert await attempts.record_attempt(site, lease, 0) is None

    assert await GenerationAttempt.filter(session_id=session_id).count() == 0


@pytest.mark.fault(96)
async def test_another_unanswered_order_is_noticed(site: Services) -> None:
    (session_id,) = await queue_up(1)
    await transitions.claim_slots(site)
    async with hold(session_id, Stage.SENDING, 45) as lease:
        assert lease is not None
        await GenerationAttempt.create(session_id=session_id, token_hash="of another")

        assert await attempts.record_attempt(site, lease, 0) is None


@pytest.mark.fault(96)
async def test_an_order_frozen_before_sending_is_not_sent(
    open_site: OpenStack, simulator: Simulator
) -> None:
    async with open_site(lease_seconds=1) as services:
        before = await paid(simulator)
        (session_id,) = await queue_up(1)
        await transitions.claim_slots(services)
        async with hold(session_id, Stage.SENDING, 1) as lease:
            assert lease is not None
            attempt = await attempts.record_attempt(services, lease, 0)
            assert attempt is not None
            late = attempts.Attempt(attempt.id, attempt.token, attempt.stale_at_s - 2)

            await ordering.order(services, lease, late, ORDER, is_probe=False)

        assert await paid(simulator) == before
        outcome = (await GenerationAttempt.get(id=attempt.id)).outcome
        assert outcome == attempts.NOTHING_BOUGHT


async def test_a_lost_order_is_not_resent_before_a_recovered_service_could_announce_it(
    open_site: OpenStack, simulator: Simulator
) -> None:
    async with open_site(api_request_timeout_seconds=2) as site:
        (session_id,) = await queue_up(1)
        await simulator.set_faults(RICH, Switch(Fault.API_HANGS))
        await dispatch(site)
        assert await stages() == {session_id: Stage.SENDING}
        await age_orders(minutes=60)

        async def count_orders() -> int:
            await run_what_is_due(site)
            await let_pause_pass()
            await dispatch(site)
            return await GenerationAttempt.filter(session_id=session_id).count()

        assert await count_orders() == 1, "the service is still away"
        assert await stages() == {session_id: Stage.QUEUED}, "nothing is under way any longer"
        await simulator.set_faults(RICH)
        assert await count_orders() == 1, "it has only just come back"
        assert await count_orders() == 1, "what it took up while it hung may still be heard of"
        await SongAccount.filter(id=1).update(recovered_at=now() - timedelta(hours=1))
        assert await count_orders() == 2
        assert (await account.read_account()).failed_probes == 0


async def test_a_song_named_by_a_webhook_is_reordered_only_if_it_is_unknown(
    site: Services, simulator: Simulator
) -> None:
    before = await paid(simulator)
    (session_id,) = await queue_up(1)
    await simulator.set_faults(RICH, Switch(Fault.CREATE_UNANSWERED))
    await dispatch(site)
    task_id = (await simulator.ledger())["posts"][-1]["task_id"]
    await GenerationAttempt.filter(session_id=session_id).update(reported_task_id=task_id)
    await age_orders(minutes=60)
    await simulator.set_faults(RICH, Switch(Fault.DETAIL_STATUS, 500))

    await run_what_is_due(site)

    assert await paid(simulator) == before + 1
    await simulator.set_faults(RICH)
    await age_orders(minutes=60)
    await run_what_is_due(site)
    row = await Submission.get(session_id=session_id)
    assert (row.stage, row.LLM_task_id) == (Stage.COMPOSING, task_id)
    assert await paid(simulator) == before + 1


async def test_a_webhook_naming_an_unknown_song_delays_nothing(
    site: Services, simulator: Simulator
) -> None:
    (session_id,) = await queue_up(1)
    await simulator.set_faults(RICH, Switch(Fault.CREATE_UNANSWERED))
    await dispatch(site)
    await GenerationAttempt.filter(session_id=session_id).update(reported_task_id="of nobody")
    await age_orders(minutes=60)
    await simulator.set_faults(RICH)

    await run_what_is_due(site)

    attempts_left = GenerationAttempt.filter(session_id=session_id, reported_task_id=None)
    assert await attempts_left.count() == 1, "the true one can still be noted"
