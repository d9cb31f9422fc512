"""Orders while the song service or a worker has a bad day, on both databases.

A real song service is behind them; what the site would enqueue is recorded, and done by the tests.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from server.clock import now
from server.ids import new_session_id
from server.pipeline import attempts, fetching, ordering
from server.pipeline.leases import hold
from server.services import Services
from server.simulator.client import Simulator
from server.simulator.faults import Fault, Switch
from server.sonauto import SongOrder
from server.submissions import account, transitions
from server.submissions.lifecycle import Stage
from server.submissions.model import GenerationAttempt, SongAccount, Submission
from tests.integration.conftest import OpenStack
from tests.integration.doorbell import RecordingDoorbell
from tests.integration.web.forms import store_submission
from tests.servers import free_port

ORDER = SongOrder(owner_name="Matt", pet_name="Toby", pet_type="Dog", music_vibe="Romantic")
RICH = Switch(Fault.CREDITS, {"num_credits": 10_000, "num_credits_payg": 0})
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


@pytest.fixture(scope="module")
async def simulator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulator]:
    folder = tmp_path_factory.mktemp("simulator")
    async with Simulator.start(folder, delay_s=600, song_s=3, num_credits=10**6) as simulator:
        yield simulator


@pytest.fixture
def open_site(
    open_stack: OpenStack, simulator: Simulator
) -> Callable[..., "AsyncIterator[Services]"]:
    @asynccontextmanager
    async def open_with(**changes: object) -> AsyncIterator[Services]:
        settings = {
            "external_api_url": simulator.api_url,
            "api_request_timeout_seconds": 0.5,
            "ambiguous_grace_seconds": 240,
        }
        async with open_stack(**{**settings, **changes}) as services:
            await simulator.set_faults(RICH)
            yield services

    return open_with  # type: ignore[return-value]


@pytest.fixture
async def site(open_site: OpenStack) -> AsyncIterator[Services]:
    async with open_site() as services:
        yield services


async def queue_up(count: int) -> list[str]:
    """Store submissions that came in one after the other."""
    begin = now() - timedelta(hours=1)
    return [
        await _queue_one(created_at=begin + timedelta(seconds=number)) for number in range(count)
    ]


async def _queue_one(**columns: object) -> str:
    session_id = new_session_id()
    await store_submission(Stage.QUEUED, session_id=session_id, **columns)
    return session_id


async def dispatch(services: Services) -> list[str]:
    """Run the queue once and what it enqueues; return who ordered, in order."""
    assert isinstance(services.doorbell, RecordingDoorbell)
    services.doorbell.rings.clear()
    await ordering.process_pending_queue(services)
    ordering_now = [
        str(session_id) for task, session_id in services.doorbell.rings if task == "send_to_sonauto"
    ]
    for session_id in ordering_now:
        await ordering.send_to_sonauto(services, session_id)
    return ordering_now


async def let_pause_pass() -> None:
    """Have the time come at which the next probe may go out."""
    await SongAccount.filter(id=1).update(paused_until=now() - timedelta(seconds=1))


async def stages() -> dict[str, str]:
    return {row.session_id: row.stage for row in await Submission.all()}


async def paid(simulator: Simulator) -> int:
    return int((await simulator.ledger())["paid_posts"])


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


async def test_row_96_who_was_frozen_past_the_lease_orders_nothing(
    site: Services, simulator: Simulator
) -> None:
    before = await paid(simulator)
    (session_id,) = await queue_up(1)
    await transitions.claim_slots(site)
    async with hold(session_id, Stage.SENDING, 45) as frozen:
        assert frozen is not None
        await Submission.filter(session_id=session_id).update(lease_until=now())
        await ordering.send_to_sonauto(site, session_id)

        assert await attempts.write_down(site, frozen, 0) is None

    assert await paid(simulator) == before + 1
    assert await GenerationAttempt.filter(session_id=session_id).count() == 1


async def test_row_96_a_song_that_was_adopted_meanwhile_is_not_ordered_again(
    site: Services, simulator: Simulator
) -> None:
    (session_id,) = await queue_up(1)
    await transitions.claim_slots(site)
    async with hold(session_id, Stage.SENDING, 45) as lease:
        assert lease is not None
        assert await transitions.start_composing(site, session_id, "adopted")

        assert await attempts.write_down(site, lease, 0) is None

    assert await GenerationAttempt.filter(session_id=session_id).count() == 0


async def test_row_96_another_order_without_an_answer_is_noticed(site: Services) -> None:
    (session_id,) = await queue_up(1)
    await transitions.claim_slots(site)
    async with hold(session_id, Stage.SENDING, 45) as lease:
        assert lease is not None
        await GenerationAttempt.create(session_id=session_id, token_hash="of another")

        assert await attempts.write_down(site, lease, 0) is None


async def test_row_96_an_order_that_was_frozen_before_it_left_does_not_leave(
    open_site: OpenStack, simulator: Simulator
) -> None:
    async with open_site(lease_seconds=1) as services:
        before = await paid(simulator)
        (session_id,) = await queue_up(1)
        await transitions.claim_slots(services)
        async with hold(session_id, Stage.SENDING, 1) as lease:
            assert lease is not None
            attempt = await attempts.write_down(services, lease, 0)
            assert attempt is not None
            late = attempts.Attempt(attempt.id, attempt.token, attempt.stale_at_s - 2)

            await ordering.order(services, lease, late, ORDER, is_probe=False)

        assert await paid(simulator) == before
        outcome = (await GenerationAttempt.get(id=attempt.id)).outcome
        assert outcome == attempts.NOTHING_BOUGHT


async def test_a_lost_order_is_not_sent_again_before_a_service_that_was_away_could_tell_of_it(
    site: Services, simulator: Simulator
) -> None:
    (session_id,) = await queue_up(1)
    await simulator.set_faults(RICH, Switch(Fault.API_HANGS))
    await dispatch(site)
    long_ago = now() - timedelta(hours=1)
    await GenerationAttempt.filter(session_id=session_id).update(created_at=long_ago)

    async def try_again() -> int:
        await Submission.filter(session_id=session_id).update(next_run_at=now())
        await ordering.send_to_sonauto(site, session_id)
        return await GenerationAttempt.filter(session_id=session_id).count()

    assert await try_again() == 1, "the service is still away"
    await simulator.set_faults(RICH)
    await let_pause_pass()
    assert await try_again() == 1, "it has only just come back"
    assert (await account.read_account()).failed_probes == 0
    assert await try_again() == 1, "what it took up while it hung may still be heard of"
    await SongAccount.filter(id=1).update(recovered_at=long_ago)
    assert await try_again() == 2


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


async def under_way(services: Services, **columns: object) -> str:
    """Order one song and return its submission, as `columns` change it."""
    (session_id,) = await queue_up(1)
    await dispatch(services)
    await Submission.filter(session_id=session_id).update(next_run_at=now(), **columns)
    return session_id


async def ask(services: Services, session_id: str) -> Submission:
    await Submission.filter(session_id=session_id).update(next_run_at=now())
    await fetching.fetch_generation_details(services, session_id)
    return await Submission.get(session_id=session_id)


async def test_row_95_a_song_that_was_finished_in_our_absence_goes_on(
    site: Services, simulator: Simulator
) -> None:
    session_id = await under_way(site, sent_to_LLM=now() - timedelta(days=2))
    task_id = (await Submission.get(session_id=session_id)).LLM_task_id
    await simulator.finish(str(task_id))

    assert (await ask(site, session_id)).stage == Stage.DOWNLOADING


async def test_row_95_only_the_services_word_times_a_song_out(
    site: Services, simulator: Simulator
) -> None:
    session_id = await under_way(site, sent_to_LLM=now() - timedelta(minutes=11))
    await simulator.set_faults(RICH, Switch(Fault.DETAIL_STATUS, 500))
    assert (await ask(site, session_id)).stage == Stage.COMPOSING

    await simulator.set_faults(RICH)

    row = await ask(site, session_id)
    assert (row.stage, row.failure_reason, row.LLM_status) == (Stage.FAILED, "timeout", "timeout")
    assert row.failure_message == "still under way"


async def test_row_95_a_service_that_cannot_be_asked_is_waited_for_a_day(
    site: Services, simulator: Simulator
) -> None:
    session_id = await under_way(site, sent_to_LLM=now() - timedelta(days=3))
    await simulator.set_faults(RICH, Switch(Fault.DETAIL_STATUS, 500))
    assert (await ask(site, session_id)).poll_failing_since is not None
    failing_since = now() - timedelta(hours=23)
    await Submission.filter(session_id=session_id).update(poll_failing_since=failing_since)
    assert (await ask(site, session_id)).stage == Stage.COMPOSING
    failing_since = now() - timedelta(hours=25)
    await Submission.filter(session_id=session_id).update(poll_failing_since=failing_since)

    row = await ask(site, session_id)

    assert (row.stage, row.failure_reason) == (Stage.FAILED, "timeout")


async def test_silence_is_forgotten_as_soon_as_the_service_answers(
    site: Services, simulator: Simulator
) -> None:
    session_id = await under_way(site, poll_failing_since=now() - timedelta(hours=30))

    assert (await ask(site, session_id)).poll_failing_since is None


async def test_why_a_generation_failed_is_kept(site: Services, simulator: Simulator) -> None:
    words = "Blocked:\r\n<b>policy</b>"
    session_id = await under_way(site)
    await simulator.set_faults(
        RICH, Switch(Fault.DETAIL_FIELDS, {"status": "FAILURE", "error_message": words})
    )

    with capture_logs() as logs:
        row = await ask(site, session_id)

    assert (row.failure_reason, row.failure_message) == ("generation_failed", words)
    assert [line["error_message"] for line in logs if line["event"] == "generation_failed"]


async def test_orders_of_one_moment_stop_together(
    open_site: OpenStack, simulator: Simulator
) -> None:
    async with outage(open_site, simulator, OUTAGES["error"]) as services:
        await queue_up(10)
        claimed = await transitions.claim_slots(services)

        await asyncio.gather(*(ordering.send_to_sonauto(services, one) for one in claimed))

        assert (await account.read_account()).failed_probes == 1
        assert sum([row.retry_count for row in await Submission.all()]) == 1
