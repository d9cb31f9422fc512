"""Every move from every stage, on both databases: allowed moves happen once, others never."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from realtime.publisher import RecordingPublisher
from server.clock import now
from server.ids import new_session_id
from server.services import Services
from server.submissions import transitions
from server.submissions.lifecycle import (
    SLOT_STAGES,
    STATUS_OF,
    TRANSITIONS,
    FailureReason,
    Stage,
    sources,
)
from server.submissions.model import SongAccount, Submission
from tests.integration.task_queue import RecordingTaskQueue
from tests.integration.web.forms import store_submission

Move = Callable[[Services, str, Stage], Awaitable[object]]

FENCE = 7


async def fail(services: Services, session_id: str, stage: Stage) -> bool:
    reason = FailureReason.SERVICE_ERROR
    return await transitions.fail(services, session_id, reason, leaving=stage, fence=FENCE)


MOVES: dict[Stage, Move] = {
    Stage.QUEUED: lambda services, session_id, _: transitions.requeue(
        services, session_id, fence=FENCE, delay_s=0
    ),
    Stage.SENDING: lambda services, _, __: transitions.claim_slots(services),
    Stage.COMPOSING: lambda services, session_id, _: transitions.start_composing(
        services, session_id, "task", fence=FENCE
    ),
    Stage.DOWNLOADING: lambda services, session_id, _: transitions.start_downloading(
        services, session_id, fence=FENCE, song_url="https://song", lyrics="la", response="{}"
    ),
    Stage.RENDERING: lambda services, session_id, _: transitions.start_rendering(
        services, session_id, fence=FENCE
    ),
    Stage.READY: lambda services, session_id, _: transitions.succeed(
        services, session_id, fence=FENCE, encoder="libx264", fallback=None
    ),
    Stage.FAILED: fail,
}


async def submission_in(stage: Stage) -> str:
    session_id = new_session_id()
    await store_submission(stage, session_id=session_id, fence=FENCE)
    return session_id


@pytest.mark.parametrize("target", Stage)
async def test_a_move_happens_once_and_only_from_allowed_stages(
    services: Services, target: Stage
) -> None:
    for stage in Stage:
        await Submission.all().delete()
        session_id = await submission_in(stage)
        before = await Submission.get(session_id=session_id)

        first = await MOVES[target](services, session_id, stage)
        second = await MOVES[target](services, session_id, stage)

        after = await Submission.get(session_id=session_id)
        is_allowed = target in TRANSITIONS[stage]
        assert bool(first) is is_allowed, f"{stage} -> {target}"
        assert not second, f"{stage} -> {target} a second time"
        assert after.stage == (target if is_allowed else stage)
        assert after.entry_status == STATUS_OF[Stage(after.stage)]
        assert after.version == before.version + is_allowed


@pytest.mark.parametrize(
    ("target", "event", "level"),
    [
        (Stage.READY, "submission_ready", "info"),
        (Stage.FAILED, "submission_failed", "error"),
    ],
)
async def test_an_end_is_logged_in_one_line_with_every_phase(
    services: Services, target: Stage, event: str, level: str
) -> None:
    session_id = await submission_in(Stage.RENDERING)

    with capture_logs() as logs:
        await MOVES[target](services, session_id, Stage.RENDERING)
        await MOVES[target](services, session_id, Stage.RENDERING)

    [line] = [line for line in logs if line["event"] == event]
    assert (line["log_level"], line["session_id"]) == (level, session_id[:8])
    phases = {"queue_s", "composing_s", "downloading_s", "rendering_s", "total_s", "overhead_s"}
    assert phases <= line.keys()


async def test_an_outdated_fence_moves_nothing(services: Services) -> None:
    session_id = await submission_in(Stage.RENDERING)

    assert not await transitions.succeed(
        services, session_id, fence=FENCE - 1, encoder="libx264", fallback=None
    )

    assert (await Submission.get(session_id=session_id)).stage == Stage.RENDERING


async def test_a_move_is_pushed_with_the_committed_row_and_enqueues_its_task(
    services: Services,
) -> None:
    session_id = await submission_in(Stage.DOWNLOADING)

    await transitions.start_rendering(services, session_id, fence=FENCE)

    assert isinstance(services.publisher, RecordingPublisher)
    assert [one["stage"] for one in services.publisher.snapshots] == ["rendering"]
    assert isinstance(services.task_queue, RecordingTaskQueue)
    assert ("create_video", session_id) in services.task_queue.enqueued


async def test_a_generation_belongs_to_one_submission_only(services: Services) -> None:
    first, second = await submission_in(Stage.SENDING), await submission_in(Stage.SENDING)

    assert await transitions.start_composing(services, first, "one", fence=FENCE)
    assert not await transitions.start_composing(services, second, "one", fence=FENCE)

    assert (await Submission.get(session_id=second)).LLM_task_id is None


async def test_concurrent_dispatchers_claim_ten_slots_oldest_first(
    services: Services,
) -> None:
    start = now()
    ids = [await submission_in(Stage.QUEUED) for _ in range(15)]
    for age, session_id in enumerate(ids):
        await Submission.filter(session_id=session_id).update(
            created_at=start - timedelta(minutes=age)
        )

    claims = await asyncio.gather(*(transitions.claim_slots(services) for _ in range(5)))

    claimed = [session_id for claim in claims for session_id in claim]
    assert sorted(claimed) == sorted(ids[-10:])
    assert await Submission.filter(stage=Stage.SENDING).count() == 10


@pytest.mark.parametrize(
    "account",
    [{"credits": 0}, {"paused_until": now() + timedelta(hours=1)}],
    ids=["sold out", "paused"],
)
async def test_without_credits_or_during_a_pause_nothing_is_claimed(
    services: Services, account: dict[str, object]
) -> None:
    await submission_in(Stage.QUEUED)
    await SongAccount.filter(id=1).update(**account)

    assert await transitions.claim_slots(services) == []


async def test_unknown_credits_are_not_zero_credits(services: Services) -> None:
    session_id = await submission_in(Stage.QUEUED)

    assert await transitions.claim_slots(services) == [session_id]


@pytest.mark.parametrize("target", Stage)
async def test_freeing_a_slot_enqueues_the_next_order_at_once(
    services: Services, target: Stage
) -> None:
    assert isinstance(services.task_queue, RecordingTaskQueue)
    for stage in SLOT_STAGES & sources(target):
        session_id = await submission_in(stage)
        services.task_queue.enqueued.clear()

        assert await MOVES[target](services, session_id, stage)

        is_freed = target not in SLOT_STAGES
        assert (("process_pending_queue", None) in services.task_queue.enqueued) is is_freed
