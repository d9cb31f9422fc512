"""Every line of the contract, and what the answers leave behind."""

import pytest

from server.clock import now
from server.services import Services
from server.submissions.model import CookieQuota, SongAccount, Submission, WorkerHeartbeat
from tests.integration.conftest import Client
from tests.integration.doorbell import RecordingDoorbell
from tests.integration.web.contract import CASES, CREATED_AT, MOMENT, Case
from tests.integration.web.forms import SESSION_ID, form, store_submission


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
