"""Tickets for the operators' Socket.IO room: the password alone is not enough to forge one."""

import hmac
import time

import pytest
from structlog.testing import capture_logs

from server.settings import Settings
from server.web.auth import is_ticket, new_ticket

PASSWORD = "the password of the tests"
NETWORK = {
    "database_url": "asyncpg://pets:secret@db/pets",
    "redis_url": "redis://redis",
    "sonauto_api_key": "key-of-the-tests",
    "webhook_base_url": "https://pets.example",
}


@pytest.fixture(params=[{}, NETWORK], ids=["embedded", "networked"])
def settings(request: pytest.FixtureRequest) -> Settings:
    return Settings.model_validate({"admin_password": PASSWORD, **request.param})


def test_a_ticket_is_accepted_by_every_process_of_the_site(settings: Settings) -> None:
    assert is_ticket(settings.model_copy(), new_ticket(settings))


def test_a_ticket_reveals_nothing_about_the_password(settings: Settings) -> None:
    end = str(int(time.time()) + 30)
    made = hmac.digest(PASSWORD.encode(), f"petsong ticket {end}".encode(), "sha256").hex()

    with capture_logs() as logs:
        assert not is_ticket(settings, f"{end}.{made}")

    assert [line["event"] for line in logs] == ["operator_refused"]


def test_a_ticket_expires_after_a_minute(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = new_ticket(settings)
    moment_s = time.time()
    for later_s, is_good in ((0, True), (59, True), (62, False), (-40, False)):
        monkeypatch.setattr("time.time", lambda shown_s=moment_s + later_s: shown_s)
        assert is_ticket(settings, ticket) is is_good, later_s
