"""The contact for reporting vulnerabilities, as RFC 9116 defines it."""

from datetime import datetime, timedelta

import pytest

from server.clock import now
from server.settings import Settings
from tests.integration.conftest import Client, Connect, OpenStack

PATH = "/.well-known/security.txt"


async def test_no_contact_is_named_unless_it_is_set(client: Client) -> None:
    assert (await client.get(PATH)).status_code == 404


async def test_the_contact_is_published_with_its_expiry(
    open_stack: OpenStack, connect: Connect
) -> None:
    contact = "mailto:security@pets.example"
    async with open_stack(
        security_contact=contact, webhook_base_url="https://pets.example/"
    ) as services:
        answer = await connect(services).get(PATH)

    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = (await answer.get_data(as_text=True)).splitlines()
    fields = dict(line.split(": ", 1) for line in lines)
    assert fields["Contact"] == contact
    assert fields["Canonical"] == f"https://pets.example{PATH}"
    left = datetime.fromisoformat(fields["Expires"]) - now()
    assert timedelta(days=30) < left < timedelta(days=365)


@pytest.mark.parametrize("contact", ["security@pets.example", "mailto:a@b\nExpires: never", "x"])
def test_a_contact_is_an_address(contact: str) -> None:
    with pytest.raises(ValueError, match="write mailto:name@host"):
        Settings.model_validate({"security_contact": contact})
