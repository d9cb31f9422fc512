"""The spec's endpoints as a table: what is stored, what is asked, the exact answer."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from server.clock import now
from server.services import Services
from server.submissions.lifecycle import Stage
from server.submissions.model import CookieQuota, SongAccount, Submission, WorkerHeartbeat
from tests.integration.conftest import Client
from tests.integration.doorbell import RecordingDoorbell
from tests.integration.web.forms import SESSION_ID, UNKNOWN_ID, form, store_submission

CREATED_AT = datetime(2026, 2, 14, 10, 30, tzinfo=UTC)
LYRICS = "[Chorus]\nMatt and Toby, best friends..."
NOT_FOUND = {"success": False, "error": "Session not found"}
WEBHOOK = {"task_id": "0b2a66c0-d9f2-43d2-9fa7-b9c95c29324d", "status": "SUCCESS"}


class Like(str):
    """Equal to every text that matches the pattern."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and re.fullmatch(self, other) is not None


MOMENT = Like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True)
class Case:
    """One line of the table; `stored` are columns of a row, None for no row."""

    request: str
    status: int
    body: dict[str, object]
    stage: Stage | None = None
    stored: dict[str, object] = field(default_factory=dict)
    sends: dict[str, object] | None = None
    headers: dict[str, str] = field(default_factory=dict)


CASES = {
    "form with a cookie_id": Case(
        "POST /api/submissions",
        200,
        {
            "success": True,
            "session_id": Like("[a-z][a-z0-9]{23}"),
            "message": "Submission received successfully",
        },
        sends=form(),
    ),
    "form of a new browser": Case(
        "POST /api/submissions",
        200,
        {
            "success": True,
            "session_id": Like("[a-z][a-z0-9]{23}"),
            "cookie_id": Like("cookie_[a-z0-9]{24}"),
            "message": "Submission received successfully",
        },
        sends=form(cookie_id=None),
    ),
    "form without a photo": Case(
        "POST /api/submissions",
        400,
        {
            "success": False,
            "error": "Invalid image format",
            "message": "Please upload JPG or PNG image under 5MB",
            "fields": {"photo": "Please upload JPG or PNG image under 5MB"},
        },
        sends=form(photo="bm90IGEgcGhvdG8="),
    ),
    "form with wrong fields": Case(
        "POST /api/submissions",
        400,
        {
            "success": False,
            "error": "validation_failed",
            "message": "Please correct the marked fields.",
            "fields": {
                "pet_name": "Please use letters and spaces only.",
                "pet_type": "Please choose one of the options.",
            },
        },
        sends=form(pet_name="T0by", pet_type="dog"),
    ),
    "status": Case(
        f"GET /api/submissions/{SESSION_ID}/status",
        200,
        {"session_id": SESSION_ID, "status": "pending", "created_at": "2026-02-14T10:30:00Z"},
        stage=Stage.QUEUED,
    ),
    "status of an unknown session": Case(
        f"GET /api/submissions/{UNKNOWN_ID}/status", 404, NOT_FOUND
    ),
    "snapshot": Case(
        f"GET /api/submissions/{SESSION_ID}",
        200,
        {
            "session_id": SESSION_ID,
            "version": 1,
            "status": "success",
            "stage": "ready",
            "progress": 1.0,
            "queue_position": None,
            "eta_seconds": None,
            "preview_url": None,
            "failure_reason": None,
            "created_at": "2026-02-14T10:30:00Z",
        },
        stage=Stage.READY,
    ),
    "snapshot of an unknown session": Case(f"GET /api/submissions/{UNKNOWN_ID}", 404, NOT_FOUND),
    "webhook": Case(
        "POST /api/webhook",
        200,
        {"success": True, "message": "Webhook processed"},
        stage=Stage.COMPOSING,
        stored={"LLM_task_id": WEBHOOK["task_id"]},
        sends=WEBHOOK | {"song_paths": ["pubapi/generations2/audio_0b2a66c0_0.mp3"]},
    ),
    "webhook of an unknown task": Case(
        "POST /api/webhook",
        404,
        {"success": False, "error": "not_found", "message": "Unknown task_id"},
        sends=dict(WEBHOOK),
    ),
    "webhook without task_id": Case(
        "POST /api/webhook",
        400,
        {
            "success": False,
            "error": "bad_request",
            "message": "task_id and status are required.",
        },
        sends={"status": "SUCCESS"},
    ),
    "webhook by token": Case(
        "POST /api/webhook/some-token",
        200,
        {"success": True, "message": "Webhook processed"},
        sends={"anything": 1},
    ),
    "result": Case(
        f"GET /api/results/{SESSION_ID}",
        200,
        {
            "success": True,
            "session_id": SESSION_ID,
            "status": "success",
            "video_url": f"/storage/video/{SESSION_ID}.mp4",
            "lyrics": LYRICS,
            "owner_name": "Matt",
            "pet_name": "Toby",
            "created_at": "2026-02-14T10:30:00Z",
        },
        stage=Stage.READY,
        stored={"lyrics": LYRICS},
    ),
    "result of a failure": Case(
        f"GET /api/results/{SESSION_ID}",
        400,
        {
            "success": False,
            "status": "fail",
            "message": "Video generation failed. Please try again.",
        },
        stage=Stage.FAILED,
    ),
    "row_79 result while pending": Case(
        f"GET /api/results/{SESSION_ID}",
        202,
        {"success": False, "status": "pending", "message": "This song is still being made."},
        stage=Stage.SENDING,
        headers={"Retry-After": "10"},
    ),
    "row_79 result while processing": Case(
        f"GET /api/results/{SESSION_ID}",
        202,
        {"success": False, "status": "processing", "message": "This song is still being made."},
        stage=Stage.RENDERING,
        headers={"Retry-After": "10"},
    ),
    "row_79 result that has expired": Case(
        f"GET /api/results/{SESSION_ID}",
        410,
        {
            "success": False,
            "error": "expired",
            "message": "This song is no longer available.",
        },
        stage=Stage.READY,
        stored={"expired_at": CREATED_AT},
    ),
    "row_79 result of an unknown session": Case(f"GET /api/results/{UNKNOWN_ID}", 404, NOT_FOUND),
    "availability": Case("GET /api/availability", 200, {"accepting": True}),
    "liveness": Case("GET /api/health/live", 200, {"status": "alive"}),
    "an unknown endpoint": Case(
        "GET /api/nothing",
        404,
        {"success": False, "error": "not_found", "message": Like(".+")},
    ),
    "another method": Case(
        "DELETE /api/submissions",
        405,
        {"success": False, "error": "method_not_allowed", "message": Like(".+")},
        headers={"Allow": Like(".*POST.*")},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_answers_as_the_spec_says(case: Case, client: Client) -> None:
    if case.stage is not None:
        await store_submission(case.stage, created_at=CREATED_AT, **case.stored)
    method, path = case.request.split()

    response = await client.open(path, method=method, json=case.sends)

    assert response.status_code == case.status
    assert await response.get_json() == case.body
    assert {name: response.headers[name] for name in case.headers} == case.headers


async def test_row_5_stores_what_the_form_says_and_nothing_else(
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


async def test_rings_for_the_record_and_for_the_queue(client: Client, services: Services) -> None:
    reply = await (await client.post("/api/submissions", json=form())).get_json()

    assert isinstance(services.doorbell, RecordingDoorbell)
    assert services.doorbell.rings == [
        ("press_record", reply["session_id"]),
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


async def test_sold_out(client: Client, services: Services) -> None:
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


@pytest.mark.parametrize("workers", [0, 1])
async def test_health(workers: int, client: Client, services: Services) -> None:
    for number in range(workers):
        await WorkerHeartbeat.create(name=f"worker {number}", queue="default", beat_at=now())
    await WorkerHeartbeat.create(name="dead", queue="default", beat_at=CREATED_AT)

    response = await client.get("/api/health")

    assert response.status_code == (200 if workers else 503)
    assert await response.get_json() == {
        "status": "healthy" if workers else "unhealthy",
        "timestamp": MOMENT,
        "redis": "embedded" if services.settings.is_embedded else "connected",
        "database": "connected",
        "celery_workers": workers,
    }
