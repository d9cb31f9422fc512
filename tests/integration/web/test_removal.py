"""The browser that made a song can delete it at once; nobody else can."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from server.limits import REMOVALS_PER_HOUR
from server.pipeline import previewing
from server.services import Services
from server.storage import FolderStorage, write_file
from server.submissions.lifecycle import OPEN_STAGES, Stage
from server.submissions.model import Submission
from tests.integration.conftest import Client
from tests.integration.videos import store_order
from tests.integration.web.forms import SESSION_ID, UNKNOWN_ID, store_submission

Step = Callable[[Services, str], Awaitable[None]]
ADDRESS = f"/api/submissions/{SESSION_ID}"
COOKIE_ID = "cookie_abc123xyz"
PERSONAL = {
    "lyrics": "[Chorus]\nMatt and Toby",
    "LLM_response": "https://cdn.example/song.mp3",
    "LLM_full_response": '{"prompt": "bond between Matt and their beloved dog Toby"}',
    "generated_song_path": f"/audio/{SESSION_ID}.mp3",
    "generated_video_path": f"/video/{SESSION_ID}.mp4",
    "preview_path": f"/preview/{SESSION_ID}.mp4",
}


@pytest.mark.parametrize("stage", [Stage.READY, Stage.FAILED])
async def test_everything_about_a_song_is_gone_at_once(
    stage: Stage, services: Services, client: Client
) -> None:
    await store_submission(stage, **PERSONAL)
    files = services.storage.files(SESSION_ID)
    for path in files:
        write_file(path, b"file")

    response = await client.delete(ADDRESS, json={"cookie_id": COOKIE_ID})
    again = await client.delete(ADDRESS, json={"cookie_id": COOKIE_ID})

    assert response.status_code == again.status_code == 200
    assert await response.get_json() == {"success": True, "message": "The song was deleted."}
    assert [path for path in files if path.exists()] == []
    [row] = await Submission.filter(session_id=SESSION_ID).values()
    assert row["expired_at"] is not None
    assert {row[name] for name in ("pet_name", "owner_name", "photo_path")} == {""}
    assert {row[name] for name in PERSONAL} == {None}
    assert (await client.get(f"/api/results/{SESSION_ID}")).status_code == 410
    for kind in ("video", "teaser", "poster", "card", "preview"):
        ending = "jpg" if kind in ("poster", "card") else "mp4"
        address = f"/storage/{kind}/{SESSION_ID}.{ending}"
        assert (await client.get(address)).status_code == 404, address


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"cookie_id": None},
        {"cookie_id": ""},
        {"cookie_id": COOKIE_ID + "z"},
        {"cookie_id": [COOKIE_ID]},
        {"cookie_id": "\ud800"},
        {"cookie_id": "Zo\u00eb\x00"},
    ],
)
@pytest.mark.parametrize("maker", [COOKIE_ID, None, ""])
async def test_nobody_else_may_delete_a_song(
    body: dict[str, object], maker: str | None, client: Client
) -> None:
    await store_submission(Stage.READY, cookie_id=maker)

    response = await client.delete(ADDRESS, json=body)

    assert response.status_code == 403
    assert await response.get_json() == {
        "success": False,
        "error": "forbidden",
        "message": "Only the browser that made this song may delete it.",
    }
    assert (await Submission.get(session_id=SESSION_ID)).pet_name == "Toby"


async def test_another_site_may_not_delete_a_song_even_with_the_secret(client: Client) -> None:
    await store_submission(Stage.READY)

    response = await client.delete(
        ADDRESS, json={"cookie_id": COOKIE_ID}, headers={"Origin": "https://attacker.example"}
    )

    assert response.status_code == 403
    assert (await Submission.get(session_id=SESSION_ID)).expired_at is None


@pytest.mark.parametrize("stage", sorted(OPEN_STAGES))
async def test_a_song_in_progress_cannot_be_deleted(
    stage: Stage, services: Services, client: Client
) -> None:
    await store_submission(stage)
    write_file(services.storage.photo(SESSION_ID), b"photo")

    response = await client.delete(ADDRESS, json={"cookie_id": COOKIE_ID})

    assert response.status_code == 409
    assert (await response.get_json())["message"].startswith("This song is still being made.")
    assert services.storage.photo(SESSION_ID).exists()
    assert (await Submission.get(session_id=SESSION_ID)).pet_name == "Toby"


async def test_an_unknown_song_and_an_invalid_body_are_refused(client: Client) -> None:
    await store_submission(Stage.READY)

    for name in (UNKNOWN_ID, "%2e%2e", "ABC"):
        path = f"/api/submissions/{name}"
        assert (await client.delete(path, json={"cookie_id": COOKIE_ID})).status_code == 404
    assert (await client.delete(ADDRESS)).status_code == 415
    assert (await client.delete(ADDRESS, json=[COOKIE_ID])).status_code == 400
    assert (await client.delete(ADDRESS, json={"cookie_id": "x" * 5000})).status_code == 413
    assert (await Submission.get(session_id=SESSION_ID)).expired_at is None


async def test_undeletable_files_are_reported_and_can_be_retried(
    services: Services, client: Client
) -> None:
    await store_submission(Stage.READY)
    in_the_way = services.storage.card(SESSION_ID)
    in_the_way.mkdir()

    refused = await client.delete(ADDRESS, json={"cookie_id": COOKIE_ID})
    in_the_way.rmdir()
    done = await client.delete(ADDRESS, json={"cookie_id": COOKIE_ID})

    assert (refused.status_code, done.status_code) == (503, 200)


class WatchedStorage(FolderStorage):
    """Runs something when a step has made its files."""

    when_made: Callable[[], Awaitable[None]]

    async def keep(self, *paths: Path) -> None:
        """Run it."""
        await self.when_made()


@pytest.mark.parametrize("step", [previewing.make_preview, previewing.prepare_videos])
async def test_a_step_that_learns_of_the_removal_too_late_leaves_nothing(
    step: Step, services: Services, client: Client
) -> None:
    session_id = await store_order(services, Stage.COMPOSING)
    statuses = []

    async def remove_now() -> None:
        await Submission.filter(session_id=session_id).update(stage=Stage.FAILED)
        path = f"/api/submissions/{session_id}"
        statuses.append((await client.delete(path, json={"cookie_id": COOKIE_ID})).status_code)
        write_file(services.storage.poster(session_id), b"what the step has made")

    storage = WatchedStorage.from_settings(services.settings)
    assert isinstance(storage, WatchedStorage)
    storage.when_made = remove_now

    await step(replace(services, storage=storage), session_id)

    assert statuses[0] == 200
    assert not any(any(folder.iterdir()) for folder in services.storage.folders)
    assert (await Submission.get(session_id=session_id)).preview_path is None


async def test_removals_are_limited(client: Client) -> None:
    statuses = [
        (await client.delete(f"/api/submissions/{UNKNOWN_ID}", json={})).status_code
        for _ in range(REMOVALS_PER_HOUR + 1)
    ]

    assert statuses == [404] * REMOVALS_PER_HOUR + [429]
