"""Scheduled tasks on both databases: lost messages, missing ends, leftovers."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from server.clock import now
from server.ids import new_session_id
from server.pipeline import downloading, fetching, previewing, rendering, upkeep
from server.services import Services
from server.submissions import account
from server.submissions.lifecycle import Stage
from server.submissions.model import GenerationAttempt, Submission
from tests.integration.conftest import OpenStack
from tests.integration.task_queue import RecordingTaskQueue
from tests.integration.web.forms import store_submission


async def row_in(stage: Stage, **columns: object) -> str:
    session_id = new_session_id()
    await store_submission(stage, session_id=session_id, **columns)
    return session_id


async def enqueued_by_a_sweep(services: Services) -> list[tuple[str, str | None]]:
    assert isinstance(services.task_queue, RecordingTaskQueue)
    services.task_queue.enqueued.clear()
    await upkeep.sweep(services)
    return services.task_queue.enqueued


@pytest.mark.parametrize(
    ("stage", "task"),
    [
        (Stage.SENDING, "send_to_sonauto"),
        (Stage.COMPOSING, "fetch_generation_details"),
        (Stage.DOWNLOADING, "download_audio"),
        (Stage.RENDERING, "create_video"),
    ],
)
async def test_a_lost_message_is_enqueued_again_unless_the_row_is_claimed(
    services: Services, stage: Stage, task: str
) -> None:
    lost = await row_in(stage)
    held = await row_in(stage, lease_until=now() + timedelta(minutes=1))
    await row_in(stage)
    await Submission.exclude(session_id__in=[lost, held]).update(
        next_run_at=now() + timedelta(minutes=1)
    )

    enqueued = [message for message in await enqueued_by_a_sweep(services) if message[0] == task]

    assert enqueued == [(task, lost)]


async def test_a_queued_row_and_a_missing_preview_are_enqueued(services: Services) -> None:
    session_id = await row_in(Stage.QUEUED)

    enqueued = await enqueued_by_a_sweep(services)

    assert ("process_pending_queue", None) in enqueued
    assert ("make_preview", session_id) in enqueued


@pytest.mark.fault(33)
@pytest.mark.parametrize("outcome", [None, "unanswered"])
async def test_a_stored_webhook_is_enqueued_again(services: Services, outcome: str | None) -> None:
    session_id = await row_in(Stage.SENDING, lease_until=now() + timedelta(minutes=1))
    await GenerationAttempt.create(
        session_id=session_id, token_hash="hash", outcome=outcome, reported_task_id="task"
    )

    assert ("fetch_generation_details", session_id) in await enqueued_by_a_sweep(services)


async def test_ended_rows_are_left_alone(services: Services) -> None:
    await row_in(Stage.READY)
    await row_in(Stage.FAILED)

    assert await enqueued_by_a_sweep(services) == []


async def test_an_overdue_song_is_polled_at_once(services: Services) -> None:
    later = now() + timedelta(minutes=1)
    overdue, recent = [
        await row_in(Stage.COMPOSING, sent_to_LLM=now() - timedelta(minutes=age), next_run_at=later)
        for age in (11, 9)
    ]
    assert isinstance(services.task_queue, RecordingTaskQueue)

    await upkeep.check_timeouts(services)

    assert services.task_queue.enqueued == [("fetch_generation_details", overdue)]
    assert (await Submission.get(session_id=overdue)).next_run_at <= now()
    assert (await Submission.get(session_id=recent)).next_run_at == later


@pytest.mark.fault(101)
async def test_rows_that_no_worker_serves_do_not_keep_others_from_being_enqueued(
    services: Services,
) -> None:
    stuck = [await row_in(Stage.SENDING) for _ in range(upkeep.ENQUEUED_PER_SWEEP + 20)]
    await Submission.filter(session_id__in=stuck).update(next_run_at=now() - timedelta(hours=1))
    others = {
        "fetch_generation_details": await row_in(Stage.COMPOSING),
        "download_audio": await row_in(Stage.DOWNLOADING),
        "create_video": await row_in(Stage.RENDERING),
    }

    enqueued = await enqueued_by_a_sweep(services)

    assert set(others.items()) <= set(enqueued)


@pytest.mark.fault(101)
async def test_only_the_messages_that_a_queue_lacks_are_enqueued(services: Services) -> None:
    assert isinstance(services.task_queue, RecordingTaskQueue)
    rows = [await row_in(Stage.DOWNLOADING) for _ in range(5)]
    ages = range(len(rows), 0, -1)
    for session_id, age in zip(rows, ages, strict=True):
        due = now() - timedelta(minutes=age)
        await Submission.filter(session_id=session_id).update(next_run_at=due)
    services.task_queue.waiting = {"default": 3}

    enqueued = [
        message for message in await enqueued_by_a_sweep(services) if message[0] == "download_audio"
    ]

    assert enqueued == [("download_audio", session_id) for session_id in rows[:2]]


async def test_a_balance_that_cannot_be_read_changes_nothing(services: Services) -> None:
    await upkeep.check_credits(services)

    session_id = await row_in(Stage.QUEUED)
    enqueued = await enqueued_by_a_sweep(services)
    assert ("process_pending_queue", None) in enqueued
    assert (await Submission.get(session_id=session_id)).stage == Stage.QUEUED


@pytest.mark.parametrize(
    ("credits_left", "level", "event"),
    [
        (-1, "critical", "credits_exhausted"),
        (0, "critical", "credits_exhausted"),
        (99, "critical", "credits_exhausted"),
        (100, "warning", "credits_low"),
        (4999, "warning", "credits_low"),
        (5000, "info", "credits_available"),
    ],
)
async def test_a_balance_is_logged_at_its_level(
    services: Services, credits_left: int, level: str, event: str
) -> None:
    with capture_logs() as logs:
        await account.store_balance(services, credits_left, now())

    assert [(line["log_level"], line["event"]) for line in logs] == [(level, event)]


async def test_the_storage_is_logged_at_its_level(open_stack: OpenStack) -> None:
    levels = {(100, 100): "info", (1, 100): "warning", (1, 1): "critical"}
    for (warning, stop), level in levels.items():
        async with open_stack(
            storage_warning_percent=warning, storage_stop_percent=stop
        ) as services:
            with capture_logs() as logs:
                await upkeep.check_storage(services)

            assert [line["log_level"] for line in logs] == [level]


@pytest.mark.fault(57)
@pytest.mark.parametrize("stage", [Stage.DOWNLOADING, Stage.RENDERING])
async def test_a_row_that_keeps_killing_its_workers_fails(services: Services, stage: Stage) -> None:
    deaths = {
        Stage.DOWNLOADING: downloading.MANY_DEATHS,
        Stage.RENDERING: services.settings.max_retries,
    }
    session_id = await row_in(stage, attempts=deaths[stage])
    step = downloading.download_audio if stage is Stage.DOWNLOADING else rendering.create_video

    await step(services, session_id)

    row = await Submission.get(session_id=session_id)
    assert row.stage == Stage.FAILED
    assert row.failure_reason in ("download_failed", "render_failed")


@pytest.mark.fault(60)
async def test_a_missing_photo_fails_at_once(services: Services) -> None:
    session_id = await row_in(Stage.RENDERING)

    await rendering.create_video(services, session_id)

    row = await Submission.get(session_id=session_id)
    assert (row.stage, row.failure_reason) == (Stage.FAILED, "photo_unreadable")


async def test_every_step_does_nothing_to_a_row_that_has_ended(services: Services) -> None:
    session_id = await row_in(Stage.READY)
    before = await Submission.filter(session_id=session_id).values()

    for step in (
        previewing.make_preview,
        previewing.prepare_videos,
        fetching.fetch_generation_details,
        downloading.download_audio,
        rendering.create_video,
    ):
        await step(services, session_id)

    assert await Submission.filter(session_id=session_id).values() == before
