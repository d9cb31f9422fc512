"""Leases on both databases: one holder at a time, and a former holder publishes nothing."""

import asyncio
from datetime import timedelta

import pytest

from server.clock import now
from server.ids import new_session_id
from server.pipeline.leases import Lease, hold, is_held, postpone
from server.services import Services
from server.submissions import transitions
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission
from tests.integration.web.forms import store_submission

pytestmark = pytest.mark.usefixtures("services")

LEASE_S = 45.0


async def due_row(stage: Stage = Stage.RENDERING) -> str:
    session_id = new_session_id()
    await store_submission(stage, session_id=session_id)
    return session_id


async def succeed(services: Services, lease: Lease) -> bool:
    return await transitions.succeed(
        services, lease.session_id, fence=lease.fence, encoder="libx264", fallback=None
    )


async def test_of_twenty_concurrent_claims_one_succeeds() -> None:
    session_id = await due_row()
    everybody_has_tried = asyncio.Barrier(20)

    async def claim() -> Lease | None:
        async with hold(session_id, Stage.RENDERING, LEASE_S) as lease:
            await everybody_has_tried.wait()
            return lease

    leases = await asyncio.gather(*(claim() for _ in range(20)))

    assert sum(lease is not None for lease in leases) == 1


async def test_a_row_is_claimed_only_in_its_stage_and_when_it_is_due() -> None:
    session_id = await due_row()

    async with hold(session_id, Stage.DOWNLOADING, LEASE_S) as lease:
        assert lease is None
    await Submission.filter(session_id=session_id).update(next_run_at=now() + timedelta(hours=1))
    async with hold(session_id, Stage.RENDERING, LEASE_S) as lease:
        assert lease is None


async def test_the_fence_rejects_a_former_holder(services: Services) -> None:
    session_id = await due_row()

    async with hold(session_id, Stage.RENDERING, LEASE_S) as former:
        assert former is not None
        await Submission.filter(session_id=session_id).update(
            lease_until=now() - timedelta(seconds=1)
        )
        async with hold(session_id, Stage.RENDERING, LEASE_S) as present:
            assert present is not None
            assert present.fence == former.fence + 1
            assert not await is_held(former)
            assert not await succeed(services, former)
            assert await is_held(present)
            assert await succeed(services, present)


async def test_a_crash_counts_as_an_attempt_and_a_shutdown_does_not() -> None:
    session_id = await due_row()
    is_working = asyncio.Event()

    async def work() -> None:
        async with hold(session_id, Stage.RENDERING, LEASE_S):
            is_working.set()
            await asyncio.Event().wait()

    worker = asyncio.create_task(work())
    await is_working.wait()
    assert (await Submission.get(session_id=session_id)).attempts == 1
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)

    row = await Submission.get(session_id=session_id)
    assert row.attempts == 0
    assert row.lease_until is None
    async with hold(session_id, Stage.RENDERING, LEASE_S) as lease:
        assert lease is not None


async def test_a_postponed_row_waits_and_is_free() -> None:
    session_id = await due_row()
    async with hold(session_id, Stage.RENDERING, LEASE_S) as lease:
        assert lease is not None
        await postpone(lease, 60)

    row = await Submission.get(session_id=session_id)

    assert row.lease_until is None
    assert row.attempts == 1
    assert row.next_run_at > now() + timedelta(seconds=50)
