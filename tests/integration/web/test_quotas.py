"""How many songs a browser and an address may order: exactly that many, however they try."""

import asyncio

import pytest

from server.errors import SubmissionLimitReached
from server.services import Services
from server.submissions.form import read_form
from server.submissions.intake import Receipt, accept
from server.submissions.model import CookieQuota, Submission
from tests.integration.conftest import Client, Connect, OpenStack
from tests.integration.web.forms import form


async def test_a_new_browsers_first_submission_is_counted(client: Client) -> None:
    first = await (await client.post("/api/submissions", json=form(cookie_id=None))).get_json()
    later = [
        client.post("/api/submissions", json=form(cookie_id=first["cookie_id"])) for _ in range(20)
    ]

    statuses = sorted([response.status_code for response in await asyncio.gather(*later)])

    assert statuses == [200] * 9 + [429] * 11


@pytest.mark.fault(9)
@pytest.mark.parametrize(("used", "accepted"), [(0, 10), (9, 1)])
async def test_twenty_at_once_use_exactly_the_quota(
    used: int, accepted: int, services: Services
) -> None:
    for repeat in range(50):
        cookie_id = f"cookie_{repeat}"
        await CookieQuota.create(cookie_id=cookie_id, used=used)
        parsed = read_form(form(cookie_id=cookie_id))

        outcomes = await asyncio.gather(
            *(accept(services, parsed) for _ in range(20)), return_exceptions=True
        )

        receipts = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
        refusals = [outcome for outcome in outcomes if isinstance(outcome, SubmissionLimitReached)]
        assert (len(receipts), len(refusals)) == (accepted, 20 - accepted), outcomes
        assert {(refusal.attempts_used, refusal.max_attempts) for refusal in refusals} == {(10, 10)}
        assert await Submission.filter(cookie_id=cookie_id).count() == accepted
        assert (await CookieQuota.get(cookie_id=cookie_id)).used == 10
    assert len(list(services.storage.photos.iterdir())) == 50 * accepted


@pytest.mark.fault(9)
async def test_new_browser_sends_twenty_at_once(client: Client) -> None:
    requests = [client.post("/api/submissions", json=form()) for _ in range(20)]

    responses = await asyncio.gather(*requests)

    statuses = sorted(response.status_code for response in responses)
    assert statuses == [200] * 10 + [429] * 10


@pytest.mark.fault(10)
async def test_any_well_formed_cookie_id_is_accepted(client: Client) -> None:
    for cookie_id in ("a", "A-Z_09", "x" * 64):
        response = await client.post("/api/submissions", json=form(cookie_id=cookie_id))
        assert response.status_code == 200
        assert (await CookieQuota.get(cookie_id=cookie_id)).used == 1


@pytest.mark.fault(11)
async def test_address_is_limited_whatever_its_cookies(
    open_stack: OpenStack, connect: Connect
) -> None:
    async with open_stack(submissions_per_hour_per_ip=3) as services:
        client = connect(services)

        async def submit(address: str) -> tuple[int, int]:
            response = await client.post(
                "/api/submissions",
                json=form(cookie_id=None),
                scope_base={"client": (address, 4711)},
                headers={"X-Forwarded-For": f"203.0.113.{len(address)}"},
            )
            return response.status_code, int(response.headers.get("Retry-After", 0))

        for number in range(3):
            assert await submit(f"2001:db8:1:2::{number}") == (200, 0)
        status, retry_after_s = await submit("2001:db8:1:2:ffff::1")

        assert status == 429
        assert 3500 < retry_after_s <= 3600
        assert await submit("2001:db8:1:3::1") == (200, 0)
        assert await submit("192.0.2.1") == (200, 0)
