"""An Idempotency-Key is bound to its form: the key alone reveals nothing."""

import pytest

from server.submissions.model import CookieQuota, SongAccount, Submission
from tests.integration.conftest import Client
from tests.integration.web.forms import form, photo_base64

KEY = {"Idempotency-Key": "6f9619ff8b86d011b42d00cf4fc964ff"}
FIRST = form(cookie_id=None)

OTHERS: dict[str, dict[str, object]] = {
    "another name": {"pet_name": "Rex"},
    "another pet": {"pet_type": "Cat"},
    "another sound": {"music_vibe": "Party"},
    "another photo": {"photo": "data:image/jpeg;base64," + photo_base64()},
    "another browser": {"cookie_id": "cookie_of_somebody_else"},
}
STORED = OTHERS.keys() - {"another photo"}
"""What the release before can tell a form by."""


async def send(client: Client, body: dict[str, object]) -> tuple[int, dict[str, object]]:
    response = await client.post("/api/submissions", json=body, headers=KEY)
    return response.status_code, dict(await response.get_json())


@pytest.mark.fault(106)
@pytest.mark.parametrize("is_sold_out", [False, True])
@pytest.mark.parametrize("changes", OTHERS.values(), ids=OTHERS)
async def test_a_key_with_another_form_reveals_nothing(
    changes: dict[str, object], is_sold_out: bool, client: Client
) -> None:
    _, first = await send(client, FIRST)
    if is_sold_out:
        await SongAccount.filter(id=1).update(credits=0)

    status, answer = await send(client, FIRST | changes)

    assert (status, answer["error"]) == (422, "idempotency_key_reused")
    assert set(answer) == {"success", "error", "message"}
    assert not {str(first["session_id"]), str(first["cookie_id"])} & set(map(str, answer.values()))
    assert await Submission.all().count() == 1
    assert not await CookieQuota.exists()


@pytest.mark.fault(106)
async def test_a_form_of_a_known_browser_is_not_told_without_it(client: Client) -> None:
    await send(client, form())

    status, _ = await send(client, FIRST)

    assert status == 422


@pytest.mark.fault(8, 106)
async def test_a_lost_reply_is_repeated_without_the_secret(client: Client) -> None:
    _, first = await send(client, FIRST)

    status, again = await send(client, FIRST)

    assert (status, again["session_id"]) == (200, first["session_id"])
    assert "cookie_id" not in again


@pytest.mark.fault(106)
@pytest.mark.parametrize(
    ("changes", "status"),
    [({}, 200), ({"cookie_id": None}, 200), *((OTHERS[name], 422) for name in STORED)],
)
async def test_a_form_of_the_previous_release_is_recognised_by_its_stored_fields(
    changes: dict[str, object], status: int, client: Client
) -> None:
    _, first = await send(client, form())
    await Submission.all().update(idempotency_hash=None)

    found, answer = await send(client, form(**changes))

    assert found == status
    assert "cookie_id" not in answer
    assert (answer.get("session_id") == first["session_id"]) is (status == 200)
