"""Bodies that are late, too long or endless are refused, and nothing is stored."""

import json

import pytest

from server.submissions.model import CookieQuota, Submission
from tests.integration.conftest import Client

JSON = {"Content-Type": "application/json"}
TIMEOUT_S = 0.2


@pytest.fixture
def client(client: Client) -> Client:
    """A client whose bodies must arrive within TIMEOUT_S."""
    client.app.config["BODY_TIMEOUT"] = TIMEOUT_S
    return client


@pytest.mark.fault(7)
@pytest.mark.parametrize("path", ["/api/submissions", "/api/webhook", "/api/webhook/some-token"])
@pytest.mark.parametrize("headers", [{}, {"Content-Length": "1000"}], ids=["chunks", "length"])
async def test_an_endless_body_times_out(
    path: str, headers: dict[str, str], client: Client
) -> None:
    async with client.request(path, method="POST", headers=JSON | headers) as connection:
        await connection.send(b'{"pet_name": "To')
        reply = json.loads(await connection.receive())

    assert reply["error"] == "request_timeout"
    assert not await Submission.exists()
    assert not await CookieQuota.exists()


@pytest.mark.fault(7)
@pytest.mark.parametrize("path", ["/api/submissions", "/api/webhook", "/api/webhook/some-token"])
async def test_too_many_chunks_are_refused(path: str, client: Client) -> None:
    async with client.request(path, method="POST", headers=JSON) as connection:
        for _ in range(8):
            await connection.send(b" " * 1_000_000)
        await connection.send_complete()
        reply = json.loads(await connection.receive())

    assert reply["error"] == "request_entity_too_large"
    assert not await Submission.exists()
