"""Every row of the contract table, and what the answers leave behind."""

import pytest

from server.clock import now
from server.services import Services
from server.storage import video_name, write_file
from server.submissions.lifecycle import Stage
from server.submissions.model import CookieQuota, SongAccount, Submission, WorkerHeartbeat
from tests.integration.conftest import Client, Connect, OpenStack
from tests.integration.task_queue import RecordingTaskQueue
from tests.integration.web.contract import CASES, CREATED_AT, MOMENT, Case
from tests.integration.web.forms import SESSION_ID, form, store_submission


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_every_route_answers_as_the_spec_says(case: Case, client: Client) -> None:
    if case.stage is not None:
        await store_submission(case.stage, created_at=CREATED_AT, **case.stored)
    method, path = case.request.split()

    response = await client.open(path, method=method, json=case.sends)

    assert response.status_code == case.status
    assert await response.get_json() == case.body
    assert {name: response.headers[name] for name in case.headers} == case.headers


@pytest.mark.fault(5)
async def test_stores_what_the_form_says_and_nothing_else(
    client: Client, services: Services
) -> None:
    sent = form(pet_name=" Zoë ", entry_status="success", session_id=SESSION_ID, version=9)
    reply = await (await client.post("/api/submissions", json=sent)).get_json()

    stored = await Submission.get(session_id=reply["session_id"])

    assert reply["session_id"] != SESSION_ID
    assert (stored.pet_name, stored.owner_name) == ("Zoë", "Matt")
    assert (stored.pet_type, stored.music_vibe) == ("Dog", "Romantic")
    assert (stored.entry_status, stored.stage, stored.version) == ("pending", "queued", 1)
    assert stored.cookie_id == "cookie_abc123xyz"
    assert stored.photo_path == str(services.storage.photo(stored.session_id))
    assert services.storage.photo(stored.session_id).read_bytes().startswith(b"\xff\xd8")


async def test_enqueues_the_preview_and_the_queue(client: Client, services: Services) -> None:
    reply = await (await client.post("/api/submissions", json=form())).get_json()

    assert isinstance(services.task_queue, RecordingTaskQueue)
    assert services.task_queue.enqueued == [
        ("make_preview", reply["session_id"]),
        ("process_pending_queue", None),
    ]


async def test_eleventh_submission_of_a_browser(client: Client) -> None:
    await CookieQuota.create(cookie_id="cookie_abc123xyz", used=10)

    response = await client.post("/api/submissions", json=form())

    assert response.status_code == 429
    assert await response.get_json() == {
        "success": False,
        "error": "rate_limit_exceeded",
        "message": "You have reached the maximum number of submissions. Please check back later.",
        "attempts_used": 10,
        "max_attempts": 10,
    }
    assert not await Submission.exists()


async def test_a_form_is_refused_when_sold_out(client: Client, services: Services) -> None:
    await SongAccount.filter(id=1).update(credits=0)

    response = await client.post("/api/submissions", json=form())

    assert response.status_code == 503
    assert await response.get_json() == {
        "success": False,
        "error": "sold_out",
        "message": "Sorry, we're all sold out!",
    }
    assert not await Submission.exists()
    availability = await client.get("/api/availability")
    assert await availability.get_json() == {"accepting": False}


async def test_submissions_stop_before_the_disk_is_full(
    open_stack: OpenStack, connect: Connect
) -> None:
    key = {"Idempotency-Key": "11111111-2222-3333-4444-555555555555"}
    async with open_stack(storage_stop_percent=100) as services:
        first = await connect(services).post("/api/submissions", json=form(), headers=key)
    async with open_stack(storage_stop_percent=1) as services:
        client = connect(services)
        response = await client.post("/api/submissions", json=form())
        again = await client.post("/api/submissions", json=form(), headers=key)
        availability = await client.get("/api/availability")

        assert response.status_code == 503
        assert (await response.get_json())["error"] == "storage_full"
        assert await again.get_json() == await first.get_json()
        assert await Submission.all().count() == 1
        assert await availability.get_json() == {"accepting": False}


@pytest.mark.parametrize("workers", [0, 1, 2])
async def test_health_counts_living_workers_of_both_queues(
    workers: int, client: Client, services: Services
) -> None:
    for queue in ("default", "render")[:workers]:
        await WorkerHeartbeat.create(name=f"{queue} worker", queue=queue, beat_at=now())
    await WorkerHeartbeat.create(name="dead", queue="default", beat_at=CREATED_AT)

    response = await client.get("/api/health")

    assert response.status_code == (200 if workers == 2 else 503)
    reply = await response.get_json()
    assert 0 <= reply.pop("open_files_percent") < 100
    assert 0 < reply.pop("disk_used_percent") <= 100
    assert reply == {
        "status": "healthy" if workers == 2 else "unhealthy",
        "timestamp": MOMENT,
        "redis": "embedded" if services.settings.is_embedded else "connected",
        "database": "connected",
        "celery_workers": workers,
        "workers": {"default": min(workers, 1), "render": max(0, workers - 1)},
        "credits": None,
        "credits_age_seconds": None,
        "encoders": [],
    }


async def test_health_reports_the_credits_and_stays_healthy_without_any(client: Client) -> None:
    for queue in ("default", "render"):
        await WorkerHeartbeat.create(name=queue, queue=queue, beat_at=now())
    await SongAccount.filter(id=1).update(credits=0, credits_checked_at=CREATED_AT)

    response = await client.get("/api/health")

    assert response.status_code == 200
    reply = await response.get_json()
    assert reply["credits"] == 0
    assert reply["credits_age_seconds"] > 0


async def test_health_reports_a_full_disk(open_stack: OpenStack, connect: Connect) -> None:
    statuses = []
    for stop in (100, 1):
        async with open_stack(storage_stop_percent=stop) as services:
            for queue in ("default", "render"):
                await WorkerHeartbeat.update_or_create(
                    defaults={"queue": queue, "beat_at": now()}, name=queue
                )
            statuses.append((await connect(services).get("/api/health")).status_code)

    assert statuses == [200, 503]


async def test_health_reports_the_encoders_of_live_workers(client: Client) -> None:
    no_gpu = "h264_nvenc: no device"
    for name, encoder, fallback in (
        ("default", None, None),
        ("render 1", "h264_nvenc", None),
        ("render 2", "libx264", no_gpu),
        ("render 3", "libx264", no_gpu),
    ):
        await WorkerHeartbeat.create(
            name=name, queue="any", beat_at=now(), encoder=encoder, encoder_fallback=fallback
        )
    await WorkerHeartbeat.create(
        name="dead", queue="render", beat_at=CREATED_AT, encoder="h264_nvenc"
    )

    reply = await (await client.get("/api/health")).get_json()

    assert reply["celery_workers"] == 4
    assert reply["encoders"] == [
        {"encoder": "h264_nvenc", "fallback": None, "workers": 1},
        {"encoder": "libx264", "fallback": no_gpu, "workers": 2},
    ]


@pytest.mark.parametrize(
    ("formats", "main"), [("square,story", "square"), ("hd,story", "hd"), ("story", "story")]
)
async def test_a_result_lists_the_existing_videos_main_one_first(
    formats: str, main: str, open_stack: OpenStack, connect: Connect
) -> None:
    sizes = {"square": (720, 720), "hd": (1080, 1080), "story": (1080, 1920)}
    async with open_stack(render_formats=formats) as services:
        client = connect(services)
        await store_submission(Stage.READY)
        storage = services.storage
        for path in (
            storage.video(SESSION_ID, "story"),
            storage.video(SESSION_ID, main),
            storage.poster(SESSION_ID),
            storage.card(SESSION_ID),
        ):
            write_file(path, b"file")

        result = await (await client.get(f"/api/results/{SESSION_ID}")).get_json()

        videos = {
            name: {
                "format": name,
                "url": f"/storage/video/{video_name(SESSION_ID, name)}.mp4",
                "download_url": f"/storage/video/{video_name(SESSION_ID, name)}.mp4?download",
                "width": width,
                "height": height,
            }
            for name, (width, height) in sizes.items()
        }
        assert result["videos"] == [videos[name] for name in dict.fromkeys((main, "story"))]
        assert result["video_url"] == videos[main]["url"]
        assert result["poster_url"] == f"/storage/poster/{SESSION_ID}.jpg"
        assert result["card_url"] == f"/storage/card/{SESSION_ID}.jpg"
        for url in (result["video_url"], result["poster_url"], result["card_url"]):
            assert (await client.get(url)).status_code == 200
