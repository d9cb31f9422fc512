"""Only the song service says what became of a song, however long it cannot be asked."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from server.clock import now
from server.ids import new_session_id
from server.pipeline import fetching
from server.services import Services
from server.simulator.client import Simulator
from server.simulator.faults import Fault, Switch
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission
from tests.integration.orders.steps import RICH, dispatch, queue_up
from tests.integration.web.forms import store_submission


async def under_way(services: Services, **columns: object) -> str:
    """Order one song and return its submission, with `columns` changed."""
    (session_id,) = await queue_up(1)
    await dispatch(services)
    await Submission.filter(session_id=session_id).update(next_run_at=now(), **columns)
    return session_id


async def ask(services: Services, session_id: str) -> Submission:
    await Submission.filter(session_id=session_id).update(next_run_at=now())
    await fetching.fetch_generation_details(services, session_id)
    return await Submission.get(session_id=session_id)


@pytest.mark.fault(95)
async def test_a_song_finished_during_downtime_continues(
    site: Services, simulator: Simulator
) -> None:
    session_id = await under_way(site, sent_to_LLM=now() - timedelta(days=2))
    task_id = (await Submission.get(session_id=session_id)).LLM_task_id
    await simulator.finish(str(task_id))

    assert (await ask(site, session_id)).stage == Stage.DOWNLOADING


@pytest.mark.fault(95)
async def test_a_song_times_out_only_on_the_services_word(
    site: Services, simulator: Simulator
) -> None:
    session_id = await under_way(site, sent_to_LLM=now() - timedelta(minutes=11))
    await simulator.set_faults(RICH, Switch(Fault.DETAIL_STATUS, 500))
    assert (await ask(site, session_id)).stage == Stage.COMPOSING

    await simulator.set_faults(RICH)

    row = await ask(site, session_id)
    assert (row.stage, row.failure_reason, row.LLM_status) == (Stage.FAILED, "timeout", "timeout")
    assert row.failure_message == "still under way"


@pytest.mark.fault(95)
async def test_an_answer_without_a_status_times_no_song_out(
    site: Services, simulator: Simulator
) -> None:
    session_id = await under_way(site, sent_to_LLM=now() - timedelta(minutes=11))
    await simulator.set_faults(RICH, Switch(Fault.DETAIL_WITHOUT, ["status"]))

    assert (await ask(site, session_id)).stage == Stage.COMPOSING


async def test_a_late_song_address_is_awaited_for_some_minutes(
    site: Services, simulator: Simulator
) -> None:
    session_id = await under_way(site, sent_to_LLM=now() - timedelta(minutes=11))
    named = {"status": "SUCCESS", "song_paths": []}
    await simulator.set_faults(RICH, Switch(Fault.DETAIL_FIELDS, named))
    for _ in range(5):
        row = await ask(site, session_id)
        assert (row.stage, row.attempts) == (Stage.COMPOSING, 0)
    since = now() - timedelta(minutes=11)
    await Submission.filter(session_id=session_id).update(poll_failing_since=since)

    row = await ask(site, session_id)

    assert (row.stage, row.failure_message) == (
        Stage.FAILED,
        "could not be polled: no song address",
    )


async def test_workers_that_die_while_polling_cost_no_song(
    site: Services, simulator: Simulator
) -> None:
    session_id = await under_way(site, attempts=10)

    assert (await ask(site, session_id)).stage == Stage.COMPOSING


@pytest.mark.fault(95)
async def test_an_unreachable_service_is_awaited_for_a_day(
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


async def test_songs_that_cannot_be_polled_hold_no_slot(
    site: Services, simulator: Simulator
) -> None:
    for _ in range(site.settings.max_concurrent_requests):
        await store_submission(
            Stage.COMPOSING,
            session_id=new_session_id(),
            sent_to_LLM=now() - timedelta(minutes=11),
            poll_failing_since=now() - timedelta(minutes=9),
        )
    (session_id,) = await queue_up(1)

    assert await dispatch(site) == [session_id]


async def test_silence_is_forgotten_as_soon_as_the_service_answers(
    site: Services, simulator: Simulator
) -> None:
    session_id = await under_way(site, poll_failing_since=now() - timedelta(hours=30))

    assert (await ask(site, session_id)).poll_failing_since is None


async def test_the_reason_of_a_failed_generation_is_stored(
    site: Services, simulator: Simulator
) -> None:
    words = "Blocked:\r\n<b>policy</b>"
    session_id = await under_way(site)
    await simulator.set_faults(
        RICH, Switch(Fault.DETAIL_FIELDS, {"status": "FAILURE", "error_message": words})
    )

    with capture_logs() as logs:
        row = await ask(site, session_id)

    assert (row.failure_reason, row.failure_message) == ("generation_failed", words)
    assert [line["error_message"] for line in logs if line["event"] == "generation_failed"]
