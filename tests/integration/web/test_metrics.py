"""What Prometheus scrapes, behind the operator's password."""

from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families

from server.clock import now
from server.submissions.forecast import FEWEST_SONGS
from server.submissions.lifecycle import Stage
from server.submissions.model import SongAccount, Submission, WorkerHeartbeat
from tests.integration.conftest import Client, Connect, OpenStack
from tests.integration.web.forms import store_submission
from tests.integration.web.test_admin import PASSWORD, basic

NO_GPU = 'h264_nvenc: no "device"\nhere'
Samples = dict[tuple[str, ...], float]


async def read_metrics(client: Client) -> Samples:
    response = await client.get("/metrics", auth=basic("admin", PASSWORD))
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(await response.get_data(as_text=True))
        for sample in family.samples
    }


async def names(client: Client) -> list[str]:
    return [sample[0] for sample in await read_metrics(client)]


async def test_counts_are_those_of_the_database(open_stack: OpenStack, connect: Connect) -> None:
    async with open_stack(admin_password=PASSWORD) as services:
        client = connect(services)
        await store_submission(Stage.QUEUED, session_id="a" * 24)
        await store_submission(Stage.READY, session_id="b" * 24, video_encoder="h264_nvenc")
        for letter in "cd":
            await store_submission(
                Stage.READY,
                session_id=letter * 24,
                video_encoder="libx264",
                video_encoder_fallback=NO_GPU,
            )
        await store_submission(Stage.READY, session_id="e" * 24)
        for number in range(2):
            await WorkerHeartbeat.create(
                name=f"render {number}",
                queue="render",
                beat_at=now(),
                encoder="libx264",
                encoder_fallback=NO_GPU,
            )
        await WorkerHeartbeat.create(name="default", queue="default", beat_at=now())

        samples = await read_metrics(client)

        stages = dict.fromkeys(Stage, 0) | {Stage.QUEUED: 1, Stage.READY: 4}
        by_stage = {("petsong_submissions", stage.value): count for stage, count in stages.items()}
        expected = by_stage | {
            ("petsong_outcomes", "ready"): 4,
            ("petsong_workers", "default"): 1,
            ("petsong_workers", "render"): 2,
            ("petsong_render_workers", "libx264", NO_GPU): 2,
            ("petsong_videos", "h264_nvenc", ""): 1,
            ("petsong_videos", "libx264", NO_GPU): 2,
            ("petsong_videos", "", ""): 1,
        }
        assert expected.items() <= samples.items()
        assert ("petsong_credits",) not in samples, "unknown is not zero"


async def test_failures_phases_and_credits_are_exported(
    open_stack: OpenStack, connect: Connect
) -> None:
    async with open_stack(admin_password=PASSWORD, min_available_credits=7) as services:
        start = now() - timedelta(seconds=100)
        row = await store_submission(
            Stage.READY,
            sent_to_LLM=start + timedelta(seconds=1),
            received_from_LLM=start + timedelta(seconds=61),
            downloaded_at=start + timedelta(seconds=63),
            video_timings='{"encoder": 0.25}',
        )
        times = {"created_at": start, "stage_since": start + timedelta(seconds=70)}
        await Submission.filter(session_id=row.session_id).update(**times)
        await store_submission(Stage.FAILED, session_id="b" * 24, failure_reason="timeout")
        queued = await store_submission(Stage.QUEUED, session_id="c" * 24)
        await Submission.filter(session_id=queued.session_id).update(created_at=start)
        await SongAccount.filter(id=1).update(credits=0, credits_checked_at=start)
        services.process_metrics.sockets = 3
        services.process_metrics.note_push(0.5)

        samples = await read_metrics(connect(services))

        phases = {"queue": 1, "composing": 60, "downloading": 2, "rendering": 7}
        for phase, seconds in (phases | {"total": 70, "overhead": 10}).items():
            assert samples[("petsong_phase_seconds", phase, "0.5")] == seconds
        assert samples[("petsong_render_phase_seconds", "encoder", "0.9")] == 0.25
        assert samples[("petsong_outcomes", "timeout")] == 1
        assert samples[("petsong_oldest_queued_seconds",)] >= 100
        assert samples[("petsong_credits",)] == 0
        assert samples[("petsong_credits_minimum",)] == 7
        assert samples[("petsong_credits_age_seconds",)] >= 100
        assert samples[("petsong_workers", "render")] == 0
        assert 0 < samples[("petsong_disk_used_ratio",)] <= 1
        assert samples[("petsong_sockets",)] == 3
        assert samples[("petsong_push_seconds", "push", "0.5")] == 0.5


async def test_the_accuracy_of_past_forecasts_is_exported(
    open_stack: OpenStack, connect: Connect
) -> None:
    async with open_stack(admin_password=PASSWORD) as services:
        client = connect(services)
        start = now() - timedelta(hours=1)

        async def finish(number: int, ordered_s: float, composing_s: float) -> None:
            ordered = start + timedelta(seconds=ordered_s)
            await store_submission(
                Stage.READY,
                session_id=f"a{number:023d}",
                sent_to_LLM=ordered,
                received_from_LLM=ordered + timedelta(seconds=composing_s),
                video_creation_end=ordered + timedelta(seconds=composing_s + 10),
            )

        for number in range(FEWEST_SONGS):
            await finish(number, number, 100)
        assert not any("_eta_" in name for name in await names(client))
        await finish(FEWEST_SONGS, 1000, 100)
        await finish(FEWEST_SONGS + 1, 1001, 150)

        samples = await read_metrics(client)

        assert samples[("petsong_eta_within_range_ratio",)] == 0.5
        assert samples[("petsong_eta_error_median_seconds",)] == 25


async def test_the_endpoint_does_not_exist_without_a_password(client: Client) -> None:
    hidden = await client.get("/metrics", auth=basic("admin", "admin"))

    assert hidden.status_code == 404
    assert (await hidden.get_json())["error"] == "not_found"


async def test_the_password_is_asked_for(open_stack: OpenStack, connect: Connect) -> None:
    async with open_stack(admin_password=PASSWORD) as services:
        client = connect(services)

        for auth in (None, basic("admin", "wrong")):
            response = await client.get("/metrics", auth=auth)
            assert response.status_code == 401
            assert response.headers["WWW-Authenticate"].startswith("Basic realm=")
            assert b"petsong_" not in await response.get_data(as_text=False)
