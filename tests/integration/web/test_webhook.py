"""The webhook under bad input: one neutral answer, nothing believed, nothing changed."""

import json
import logging

import pytest
from structlog.testing import capture_logs

from server.services import Services
from server.submissions.lifecycle import Stage
from server.submissions.model import GenerationAttempt, Submission
from server.submissions.tokens import MAX_ID, new_secret, secret_hash, token_of
from tests.integration.conftest import Client
from tests.integration.task_queue import RecordingTaskQueue
from tests.integration.web.forms import SESSION_ID, UNKNOWN_ID, store_submission

TASK_ID = "0b2a66c0-d9f2-43d2-9fa7-b9c95c29324d"
BODIES = {
    "success": json.dumps({"task_id": TASK_ID, "status": "SUCCESS"}).encode(),
    "failure": json.dumps({"task_id": TASK_ID, "status": "FAILURE"}).encode(),
    "other task": json.dumps({"task_id": "other", "status": "SUCCESS"}).encode(),
    "task with nul": b'{"task_id": "a\\u0000b", "status": "SUCCESS"}',
    "paths": json.dumps({"task_id": TASK_ID, "status": "SUCCESS", "song_paths": 1}).encode(),
    "empty": b"",
    "form": b"task_id=1&status=SUCCESS",
    "deep": b"[" * 60_000,
    "binary": b"\xff\x00\xfe",
}


@pytest.fixture
async def token() -> str:
    await store_submission(Stage.COMPOSING, LLM_task_id=TASK_ID)
    return await make_token(SESSION_ID)


async def make_token(session_id: str) -> str:
    """Store a generation attempt and return its webhook token."""
    secret = new_secret()
    attempt = await GenerationAttempt.create(session_id=session_id, token_hash=secret_hash(secret))
    return token_of(attempt.id, secret)


def wrong_tokens(token: str) -> list[str]:
    """Return what is no token, and tokens of which only half is right."""
    number, _, secret = token.partition("-")
    numbers = (f"0{number}{number}", f"{MAX_ID}", f"{MAX_ID + 1}", "9" * 5000, "-1", "\u0661", "")
    guesses = [token_of(int(number), new_secret()), f"{number}-", number, secret, f"-{secret}"]
    return [*guesses, "unknown", *(f"{wrong}-{secret}" for wrong in numbers)]


async def state() -> tuple[object, ...]:
    row = await Submission.get(session_id=SESSION_ID)
    return (row.stage, row.entry_status, row.version, row.LLM_task_id, row.LLM_status, row.fence)


@pytest.mark.fault(28, 29, 31)
async def test_every_token_gets_the_same_answer_and_changes_nothing(
    client: Client, token: str
) -> None:
    before = await state()
    answers = set()

    for path in (token, "unknown", "x" * 2000, "%00", "%F0%9F%90%B6"):
        for body in BODIES.values():
            response = await client.post(f"/api/webhook/{path}", data=body)
            answers.add((response.status_code, await response.get_data(as_text=True)))

    assert answers == {(200, '{"success":true,"message":"Webhook processed"}')}
    assert await state() == before


@pytest.mark.fault(28)
async def test_does_the_same_for_every_token(
    client: Client, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    await store_submission(Stage.READY, session_id=UNKNOWN_ID)
    expired = await make_token(UNKNOWN_ID)
    caplog.set_level(logging.DEBUG, "tortoise.db_client")
    deeds = set()

    for path in (token, expired, *wrong_tokens(token)):
        caplog.clear()
        with capture_logs() as lines:
            await client.post(f"/api/webhook/{path}", data=BODIES["success"])
        statements = [record.getMessage().partition(": ")[0] for record in caplog.records]
        deeds.add((*statements, *(line["event"] for line in lines)))
        assert path not in str(lines)

    [deed] = deeds
    assert len(deed) > 1


async def test_a_known_token_enqueues_a_task(
    client: Client, services: Services, token: str
) -> None:
    for wrong in wrong_tokens(token):
        await client.post(f"/api/webhook/{wrong}", data=BODIES["success"])
    attempt = await GenerationAttempt.get(session_id=SESSION_ID)
    assert attempt.reported_task_id is None
    assert isinstance(services.task_queue, RecordingTaskQueue)
    assert services.task_queue.enqueued == []

    await client.post(f"/api/webhook/{token}", data=BODIES["empty"])

    assert {session_id for _, session_id in services.task_queue.enqueued} == {SESSION_ID}


@pytest.mark.fault(30)
async def test_malformed_webhooks_are_refused(client: Client, token: str) -> None:
    as_json = {"Content-Type": "application/json"}
    big = b'{"task_id": "' + b"x" * 65 * 1024 + b'"}'
    statuses = [
        (await client.post("/api/webhook", data=b"{", headers=as_json)).status_code,
        (await client.post("/api/webhook", data=b"task_id=1")).status_code,
        (await client.post("/api/webhook", json={"task_id": 1, "status": "SUCCESS"})).status_code,
        (await client.post("/api/webhook", json={"task_id": "\x00", "status": "A"})).status_code,
        (await client.post("/api/webhook", data=big, headers=as_json)).status_code,
        (await client.post(f"/api/webhook/{token}", data=big)).status_code,
        (await client.get("/api/webhook")).status_code,
        (await client.put(f"/api/webhook/{token}")).status_code,
    ]

    assert statuses == [400, 415, 400, 400, 413, 413, 405, 405]
