"""What the operator can do to a submission, and who cannot."""

from datetime import timedelta

import pytest

from server.clock import now
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission
from server.web.auth import is_ticket, new_ticket
from tests.integration.conftest import Client, Connect, OpenStack
from tests.integration.task_queue import RecordingTaskQueue
from tests.integration.web.forms import SESSION_ID, store_submission
from tests.integration.web.test_admin import PASSWORD, basic

SHORT = SESSION_ID[:8]
LOGIN = basic("admin", PASSWORD)


async def act(client: Client, action: str, short: str = SHORT, **options: object) -> int:
    path = f"/api/admin/submissions/{short}/{action}"
    return (await client.post(path, auth=LOGIN, **options)).status_code


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("is_held", [False, True])
async def test_only_a_waiting_step_can_be_retried(
    open_stack: OpenStack, connect: Connect, stage: Stage, is_held: bool
) -> None:
    async with open_stack(admin_password=PASSWORD) as services:
        later = now() + timedelta(minutes=1)
        held = {"lease_until": later} if is_held else {}
        await store_submission(stage, **held)
        await Submission.all().update(next_run_at=later)

        status = await act(connect(services), "retry")

        # In `sending` the answer is unknown, so an order sent again might be paid twice.
        waits = stage in ("queued", "composing", "downloading", "rendering") and not is_held
        assert status == (200 if waits else 409)
        row = await Submission.get(session_id=SESSION_ID)
        assert (row.next_run_at <= now()) is waits
        assert (row.stage, row.attempts, row.version) == (stage, 0, 1)
        assert isinstance(services.task_queue, RecordingTaskQueue)
        assert len(services.task_queue.enqueued) == waits


@pytest.mark.parametrize("stage", Stage)
async def test_an_unfinished_submission_can_be_stopped_once(
    open_stack: OpenStack, connect: Connect, stage: Stage
) -> None:
    async with open_stack(admin_password=PASSWORD) as services:
        await store_submission(stage, lease_until=now() + timedelta(minutes=1))
        client = connect(services)
        is_open = stage not in (Stage.READY, Stage.FAILED)

        assert await act(client, "fail") == (200 if is_open else 409)
        assert await act(client, "fail") == 409

        row = await Submission.get(session_id=SESSION_ID)
        assert (row.stage, row.failure_reason) == (
            (Stage.FAILED, "stopped") if is_open else (stage, None)
        )


async def test_nobody_else_can_act(open_stack: OpenStack, connect: Connect) -> None:
    async with open_stack(admin_password=PASSWORD) as services:
        await store_submission(Stage.COMPOSING)
        client = connect(services)
        path = f"/api/admin/submissions/{SHORT}/fail"

        assert (await client.post(path)).status_code == 401
        assert (await client.get(path, auth=LOGIN)).status_code == 405
        for origin in ("https://evil.example", "null"):
            assert await act(client, "fail", headers={"Origin": origin}) == 403
        assert await act(client, "fail", short="clxyz") == 404
        assert await act(client, "fail", short="%" * 8) == 404
        assert (await Submission.get(session_id=SESSION_ID)).stage == Stage.COMPOSING


async def test_a_ticket_is_good_for_a_minute_and_for_one_password(
    open_stack: OpenStack, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_stack(admin_password=PASSWORD) as services:
        client = connect(services)
        assert (await client.get("/api/admin/ticket")).status_code == 401
        given = await (await client.get("/api/admin/ticket", auth=LOGIN)).get_json()
        settings = services.settings

        ticket = given["ticket"]
        assert is_ticket(settings, ticket)
        end, _, signature = ticket.partition(".")
        wrong = ("", ".", end, f"{int(end) + 60}.{signature}", f"{end}.\ud800", f"x.{signature}")
        assert not any(is_ticket(settings, each) for each in wrong)
        others = settings.model_copy(update={"admin_password": None})
        assert not is_ticket(others, ticket)
        monkeypatch.setattr("time.time", lambda: int(end) - 200)
        old = new_ticket(settings)
        monkeypatch.undo()
        assert not is_ticket(settings, old)


async def test_the_page_is_behind_the_login(
    open_stack: OpenStack, connect: Connect, client: Client
) -> None:
    assert (await client.get("/admin")).status_code == 404


async def test_the_page_asks_for_the_login(open_stack: OpenStack, connect: Connect) -> None:
    async with open_stack(admin_password=PASSWORD) as services:
        client = connect(services)

        anonymous = await client.get("/admin")
        operator = await client.get("/admin", auth=LOGIN)

        assert (anonymous.status_code, operator.status_code) == (401, 200)
        assert "WWW-Authenticate" in anonymous.headers
        assert operator.headers["X-Robots-Tag"] == "noindex"


@pytest.mark.fault(87)
async def test_password_guessing_does_not_lock_the_operator_out_of_a_live_page(
    open_stack: OpenStack, connect: Connect
) -> None:
    async with open_stack(admin_password=PASSWORD) as services:
        client = connect(services)
        path = "/api/admin/queue-status"

        assert {(await client.get(path, auth=LOGIN)).status_code for _ in range(40)} == {200}
        for _ in range(30):
            assert (await client.get(path, auth=basic("admin", "x"))).status_code == 401
        # Nor does it help to keep guessing.
        assert (await client.get(path, auth=LOGIN)).status_code == 429
