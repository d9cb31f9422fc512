"""The admin endpoint: behind a password, or nonexistent."""

from datetime import UTC, datetime, timedelta

import pytest
from werkzeug.datastructures import Authorization

from server.clock import now, to_wire
from server.submissions import transitions
from server.submissions.lifecycle import FailureReason, Stage
from server.submissions.model import SongAccount, Submission
from tests.integration.conftest import Client, Connect, OpenStack
from tests.integration.web.forms import store_submission

PATH = "/api/admin/queue-status"
OF_THE_SPEC = (
    "pending_submissions",
    "processing_submissions",
    "active_celery_tasks",
    "sonauto_credits",
    "last_credits_check",
)
PASSWORD = "Grüße vom Kanal"


def basic(username: str | None, password: str | None) -> Authorization:
    return Authorization("basic", {"username": username, "password": password})


async def test_the_endpoint_does_not_exist_without_a_password(client: Client) -> None:
    for auth in (None, basic("admin", ""), basic("admin", "admin")):
        assert (await client.get(PATH, auth=auth)).status_code == 404


async def test_the_operator_sees_the_state_of_the_queue(
    open_stack: OpenStack, connect: Connect
) -> None:
    async with open_stack(admin_password=PASSWORD) as services:
        client = connect(services)
        soon = now() + timedelta(minutes=1)
        await store_submission(Stage.QUEUED, session_id="a" * 24)
        await store_submission(Stage.SENDING, session_id="b" * 24, lease_until=soon)
        await store_submission(Stage.RENDERING, session_id="c" * 24, lease_until=soon)
        await store_submission(Stage.READY, session_id="d" * 24)

        unknown = await client.get(PATH, auth=basic("admin", PASSWORD))
        checked_at = datetime(2026, 2, 14, 10, 25, tzinfo=UTC)
        await SongAccount.filter(id=1).update(credits=8500, credits_checked_at=checked_at)
        known = await client.get(PATH, auth=basic("admin", PASSWORD))

        before = await unknown.get_json()
        assert {name: before[name] for name in OF_THE_SPEC} == {
            "pending_submissions": 2,
            "processing_submissions": 1,
            "active_celery_tasks": 2,
            "sonauto_credits": None,
            "last_credits_check": None,
        }
        assert before["poison_submissions"] == []
        assert before["credits_age_seconds"] is None
        assert before["stages"] == dict.fromkeys(Stage, 0) | dict.fromkeys(
            (Stage.QUEUED, Stage.SENDING, Stage.RENDERING, Stage.READY), 1
        )
        assert (before["slots_used"], before["slots"]) == (1, 10)
        assert before["workers"] == {"default": 0, "render": 0}
        assert before["ready_last_hour"] == 1
        assert before["median_seconds"]["total"] >= 0
        listed = {row["submission"]: row["can_retry"] for row in before["open_submissions"]}
        assert listed == {"a" * 8: True, "b" * 8: False, "c" * 8: False}
        reply = await known.get_json()
        assert reply["sonauto_credits"] == 8500
        assert reply["credits_age_seconds"] > 0
        assert reply["last_credits_check"] == "2026-02-14T10:25:00Z"


async def test_poison_submissions_are_distinguished_from_other_failures(
    open_stack: OpenStack, connect: Connect
) -> None:
    async with open_stack(admin_password=PASSWORD, max_retries=3) as services:
        reason = FailureReason.RENDER_FAILED
        for letter, attempts in (("a", 3), ("b", 4)):
            session_id = letter * 24
            await store_submission(
                Stage.RENDERING,
                session_id=session_id,
                attempts=attempts,
                received_from_LLM=now(),
                generated_song_path="song",
            )
            assert await transitions.fail(services, session_id, reason, leaving=Stage.RENDERING)
        crashed = await Submission.get(session_id="b" * 24)

        response = await connect(services).get(PATH, auth=basic("admin", PASSWORD))

        assert (await response.get_json())["poison_submissions"] == [
            {
                "submission": "bbbbbbbb",
                "stage": "rendering",
                "failure_reason": "render_failed",
                "failed_at": to_wire(crashed.stage_since),
            }
        ]
        assert "Toby" not in await response.get_data(as_text=True)


@pytest.mark.fault(87)
async def test_the_admin_routes_refuse_any_other_login(
    open_stack: OpenStack, connect: Connect
) -> None:
    headers: list[dict[str, str]] = [
        {},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Bearer x"},
        {"Authorization": basic("admin", "wrong").to_header()},
        {"Authorization": basic("Admin", PASSWORD).to_header()},
        {"Authorization": basic("", "").to_header()},
        {"Authorization": basic("ädmin", "ü" * 3000).to_header()},
    ]
    async with open_stack(admin_password=PASSWORD) as services:
        client = connect(services)

        for header in headers:
            response = await client.get(PATH, headers=header)
            assert response.status_code == 401, header
            assert response.headers["WWW-Authenticate"].startswith("Basic realm=")
            assert (await response.get_json())["error"] == "unauthorized"


@pytest.mark.fault(87)
async def test_password_guessing_is_throttled(open_stack: OpenStack, connect: Connect) -> None:
    async with open_stack(admin_password=PASSWORD) as services:
        client = connect(services)

        statuses = [
            (await client.get(PATH, auth=basic("admin", str(guess)))).status_code
            for guess in range(100)
        ]

        assert statuses == [401] * 30 + [429] * 70
