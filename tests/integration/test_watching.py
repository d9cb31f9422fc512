"""What watchers are told without a push, and what is not read again for them."""

from datetime import timedelta

import pytest

from realtime.events import Snapshot
from server.clock import now
from server.services import Services
from server.submissions import watching as watching_module
from server.submissions.lifecycle import EntryStatus, Stage
from server.submissions.model import Submission
from server.submissions.snapshot import read_snapshot
from server.submissions.watching import Watching
from tests.integration.web.forms import store_submission
from tests.servers import wait_until

SONG = "s" * 24
COMES_FIRST = "c" * 24


@pytest.fixture
async def watching(services: Services) -> Watching:
    """Two waiting submissions; the page of the second is watching."""
    for age_s, session_id in enumerate((SONG, COMES_FIRST)):
        await store_submission(session_id=session_id)
        born = now() - timedelta(hours=1, seconds=age_s)
        await Submission.filter(session_id=session_id).update(created_at=born, stage_since=born)
    return Watching(services.settings)


async def answer(watching: Watching) -> Snapshot:
    snapshot = await watching.answer(SONG)
    assert snapshot is not None
    return snapshot


async def end_unheard(session_id: str) -> None:
    """End a song as a worker does whose push is lost."""
    rows = Submission.filter(session_id=session_id)
    version = (await rows.get()).version + 1
    await rows.update(stage=Stage.READY, entry_status=EntryStatus.SUCCESS, version=version)


async def test_an_unchanged_row_is_not_read_again(watching: Watching) -> None:
    first = await answer(watching)
    await Submission.filter(session_id=SONG).update(failure_reason="never seen")

    assert await answer(watching) == first


async def test_an_unknown_submission_has_no_snapshot(watching: Watching) -> None:
    assert await watching.answer("u" * 24) is None


async def test_a_push_invalidates_the_cached_row(watching: Watching, services: Services) -> None:
    await answer(watching)
    await end_unheard(SONG)
    pushed = await read_snapshot(services, SONG)
    assert pushed is not None

    watching.note_push(pushed)

    assert (await answer(watching))["status"] == "success"
    assert await watching.find_news([SONG]) == []


async def test_a_row_read_before_a_push_is_not_cached(
    watching: Watching, services: Services
) -> None:
    before = await answer(watching)
    watching.note_push({**before, "version": before["version"] + 1, "status": "success"})

    assert await watching.find_news([SONG]) == []


async def test_a_lost_push_is_reported_once(watching: Watching) -> None:
    await answer(watching)
    assert await watching.find_news([SONG]) == []
    await end_unheard(SONG)

    [news] = await watching.find_news([SONG])

    assert (news["session_id"], news["status"]) == (SONG, "success")
    assert await watching.find_news([SONG]) == []


async def test_a_place_is_reported_when_an_earlier_submission_leaves(watching: Watching) -> None:
    assert (await answer(watching))["queue_position"] == 2
    await end_unheard(COMES_FIRST)
    told: list[Snapshot] = []

    async def is_told() -> bool:
        told.extend(await watching.find_news([SONG]))
        return bool(told)

    await wait_until(is_told, message="the new place is told")

    assert [snapshot["queue_position"] for snapshot in told] == [1]


async def test_progress_is_reported_by_the_percent(watching: Watching) -> None:
    await answer(watching)
    start = now() - timedelta(seconds=30)
    rows = Submission.filter(session_id=SONG)
    await rows.update(stage=Stage.COMPOSING, stage_since=start, version=2)
    [first] = await watching.find_news([SONG])

    # Minutes later, with nothing else changed.
    await rows.update(stage_since=start - timedelta(minutes=2))
    [second] = await watching.find_news([SONG])

    assert second["version"] == first["version"]
    assert second["progress"] > first["progress"] + 0.1


async def test_all_watched_rows_have_their_turn_and_others_are_dropped(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching_module, "LOOK_EVERY_S", 1e-6)
    await answer(watching)
    await watching.answer(COMES_FIRST)

    assert sorted(watching.take_due(lambda _: True)) == sorted([SONG, COMES_FIRST])
    assert watching.take_due(lambda session_id: session_id == SONG) == [SONG]
    assert watching.take_due(lambda _: True) == [SONG]


async def test_no_row_is_checked_too_soon(watching: Watching) -> None:
    await answer(watching)

    assert watching.take_due(lambda _: True) == []
