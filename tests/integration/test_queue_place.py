"""The place in the queue, on both databases: exact within a second, and never rising."""

import random
from collections.abc import Mapping
from datetime import timedelta

import pytest

from server.clock import now
from server.services import Services
from server.submissions import transitions
from server.submissions.lifecycle import FailureReason, Stage
from server.submissions.model import Submission
from server.submissions.snapshot import read_snapshot
from tests.integration.web.forms import store_submission
from tests.servers import wait_until

ROWS = 300
ROWS_AT_A_TIME = 3
"""So many are born in the same microsecond."""


@pytest.fixture
async def queue(services: Services) -> list[str]:
    """Session ids of a long queue, the next one first."""
    start = now() - timedelta(hours=1)
    ids = [f"a{number:023d}" for number in range(ROWS)]
    for number in random.Random(7).sample(range(ROWS), ROWS):
        row = await store_submission(session_id=ids[number])
        born = start + timedelta(microseconds=number // ROWS_AT_A_TIME)
        await Submission.filter(session_id=row.session_id).update(created_at=born)
    return ids


async def places(services: Services, ids: list[str]) -> dict[str, int]:
    snapshots = [await read_snapshot(services, session_id) for session_id in ids]
    return {
        one["session_id"]: one["queue_position"]
        for one in snapshots
        if one is not None and one["queue_position"] is not None
    }


async def see_places_fall(
    services: Services, expected: Mapping[str, int], before: Mapping[str, int]
) -> None:
    """Wait until the places of the submissions in `before` are as expected; none may rise."""

    async def are_exact() -> bool:
        after = await places(services, list(before))
        assert all(place <= before[session_id] for session_id, place in after.items())
        return after == expected

    await wait_until(are_exact, message="the places are exact")


async def fence_of(session_id: str) -> int:
    return int((await Submission.get(session_id=session_id)).fence)


async def fail(services: Services, session_id: str) -> None:
    stage = Stage((await Submission.get(session_id=session_id)).stage)
    reason = FailureReason.SERVICE_ERROR
    assert await transitions.fail(services, session_id, reason, leaving=stage)


async def test_each_place_is_the_number_of_earlier_submissions(
    services: Services, queue: list[str]
) -> None:
    assert list((await places(services, queue)).values()) == list(range(1, ROWS + 1))


async def test_no_place_ever_rises_and_each_stays_exact(
    services: Services, queue: list[str]
) -> None:
    watched = queue[::15]
    chance = random.Random(7)
    before = await places(services, watched)
    for step in range(8):
        sending = Submission.filter(stage=Stage.SENDING)
        for row in await sending.only("session_id", "fence"):
            await transitions.requeue(services, row.session_id, fence=row.fence, delay_s=step % 3)
        for session_id in (await transitions.claim_slots(services))[::2]:
            await transitions.start_composing(services, session_id, f"task of {session_id}")
        for row in await Submission.filter(stage=Stage.COMPOSING).only("session_id"):
            await fail(services, row.session_id)
        waiting = await Submission.filter(stage=Stage.QUEUED).only("session_id")
        for row in chance.sample(waiting, 5):
            await fail(services, row.session_id)
        await store_submission(session_id=f"z{step:023d}")

        still = Submission.filter(stage__in=(Stage.QUEUED, Stage.SENDING))
        rows = await still.order_by("created_at", "session_id").only("session_id")
        order = [row.session_id for row in rows]
        expected = {one: order.index(one) + 1 for one in before if one in order}
        await see_places_fall(services, expected, before)
        before = expected
    assert max(before.values()) > len(before)


async def test_a_row_being_ordered_keeps_its_place_and_so_do_later_rows(
    services: Services, queue: list[str]
) -> None:
    first, *_, last = queue[:20]
    claimed = await transitions.claim_slots(services)
    assert claimed == queue[: len(claimed)]
    during = await places(services, [first, last])

    for session_id in claimed:
        fence = await fence_of(session_id)
        await transitions.requeue(services, session_id, fence=fence, delay_s=60)

    assert during == {first: 1, last: 20}
    assert await places(services, [first, last]) == during
