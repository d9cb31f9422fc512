"""What the clean-up deletes and what it keeps, in folders and in a bucket, on both databases."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from server.clock import now
from server.ids import new_session_id
from server.pipeline import retention
from server.services import Services
from server.storage import partial
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission
from tests.integration.conftest import Client, OpenStack
from tests.integration.web.forms import store_submission

DAY = timedelta(hours=24)
MANY_FILES = 33_000
"""PostgreSQL takes 32,767 parameters."""


@pytest.fixture(params=["folders", "bucket"])
def places(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings that keep files in folders, or in a bucket."""
    return request.getfixturevalue("objects") if request.param == "bucket" else {}


@pytest.fixture
async def stored(open_stack: OpenStack, places: dict[str, str]) -> AsyncIterator[Services]:
    """Services whose files are in `places`."""
    async with open_stack(**places) as services:
        yield services


async def row_in(stage: Stage, days: float = 0, **columns: object) -> str:
    session_id = new_session_id()
    await store_submission(stage, session_id=session_id, **columns)
    created_at = now() - timedelta(days=days, minutes=1)
    await Submission.filter(session_id=session_id).update(created_at=created_at)
    return session_id


async def fill(services: Services, *paths: Path) -> None:
    for path in paths:
        await services.storage.write(path, lambda: b"file")


def age(path: Path, hours: float) -> None:
    moment = (now() - timedelta(hours=hours)).timestamp()
    os.utime(path, (moment, moment), follow_symlinks=False)


@pytest.mark.fault(83)
async def test_only_ended_rows_past_their_time_are_cleaned_up(
    services: Services, client: Client
) -> None:
    ages = {30: Stage.READY, 29: Stage.READY, 31: Stage.FAILED, 32: Stage.COMPOSING}
    rows = {days: await row_in(stage) for days, stage in ages.items()}
    for days, session_id in rows.items():
        age = timedelta(days=days, minutes=1)
        await Submission.filter(session_id=session_id).update(created_at=now() - age, lyrics="la")
        for path in services.storage.files(session_id):
            path.write_bytes(b"file")

    await retention.clean_up_old_files(services)
    await retention.clean_up_old_files(services)

    for days, session_id in rows.items():
        row = await Submission.get(session_id=session_id)
        is_cleaned = days in (30, 31)
        assert (row.expired_at is not None) is is_cleaned
        assert all(path.exists() is not is_cleaned for path in services.storage.files(session_id))
        assert (row.pet_name, row.owner_name) == (("", "") if is_cleaned else ("Toby", "Matt"))
        assert row.lyrics == (None if is_cleaned else "la")
    assert (await client.get(f"/api/results/{rows[30]}")).status_code == 410
    assert (await client.get(f"/api/results/{rows[29]}")).status_code == 200


@pytest.mark.fault(84)
async def test_paths_come_from_ids_and_not_from_the_row(services: Services, tmp_path: Path) -> None:
    storage = services.storage
    outside = tmp_path / "outside.mp4"
    neighbour = await row_in(Stage.READY)
    await fill(services, storage.video(neighbour, "square"))
    outside.write_bytes(b"not ours")
    columns = {
        "photo_path": str(outside),
        "generated_song_path": "../../outside.mp4",
        "generated_video_path": str(storage.video(neighbour, "square")),
    }
    old = await row_in(Stage.READY, days=31, **columns)
    storage.video(old, "square").symlink_to(outside)
    age(storage.video(old, "square"), 48)

    await retention.clean_up_old_files(services)

    assert (await Submission.get(session_id=old)).expired_at is not None
    assert not storage.video(old, "square").is_symlink()
    assert outside.read_bytes() == b"not ours"
    assert storage.video(neighbour, "square").is_file()


@pytest.mark.fault(85)
async def test_an_undeletable_file_holds_up_no_other(services: Services, client: Client) -> None:
    storage = services.storage
    stuck, free = sorted([await row_in(Stage.READY, days=31) for _ in range(2)])
    folder = storage.video(stuck, "square")
    folder.mkdir()
    await fill(services, storage.photo(stuck), storage.photo(free))

    with capture_logs() as logs:
        await retention.clean_up_old_files(services)

    assert [line["log_level"] for line in logs if line["event"] == "files_not_removed"] == ["error"]
    assert (await client.get(f"/api/results/{free}")).status_code == 410
    assert (await client.get(f"/api/results/{stuck}")).status_code == 200
    assert not storage.photo(stuck).exists()
    folder.rmdir()
    await retention.clean_up_old_files(services)
    assert (await client.get(f"/api/results/{stuck}")).status_code == 410


@pytest.mark.fault(85)
async def test_concurrent_and_interrupted_clean_ups_are_made_complete(stored: Services) -> None:
    rows = [await row_in(Stage.READY, days=31) for _ in range(5)]
    for session_id in rows:
        await fill(stored, stored.storage.photo(session_id), stored.storage.song(session_id))
    # A killed run leaves files deleted and the row unchanged.
    await stored.storage.delete(rows[2])

    await asyncio.gather(*(retention.clean_up_old_files(stored) for _ in range(2)))

    assert not [files async for files in stored.storage.list_files() if files]
    assert await Submission.filter(expired_at=None).count() == 0


@pytest.mark.fault(86, 107)
async def test_orphaned_files_are_deleted_after_a_day(
    stored: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = stored.storage
    alive, gone = await row_in(Stage.RENDERING), await row_in(Stage.READY)
    nobody = new_session_id()
    await Submission.filter(session_id=gone).update(expired_at=now())
    kept = [storage.photo(alive), storage.teaser(alive), storage.videos / "notes.txt"]
    orphans = [
        storage.photo(nobody),
        storage.video(nobody, "story"),
        storage.card(gone),
        partial(storage.song(alive), 3),
        storage.videos / f".{alive}.mp4.3.part.k2x_9abc.part",
        storage.previews / f".{alive}.jpg.0_123456.part",
        storage.videos / f"{'0' * 32}.part",
    ]
    await fill(stored, *kept, *orphans)

    await retention.clean_up_old_files(stored)
    assert await storage.find([*kept, *orphans]) == {*kept, *orphans}, "a day has not gone by"
    later = now() + DAY + timedelta(minutes=1)
    monkeypatch.setattr(retention, "now", lambda: later)
    await retention.clean_up_old_files(stored)

    assert await storage.find([*kept, *orphans]) == set(kept)


@pytest.mark.fault(86)
async def test_links_and_folders_are_not_orphans(services: Services, tmp_path: Path) -> None:
    await row_in(Stage.READY)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(b"not ours")
    link = services.storage.photo(new_session_id())
    link.symlink_to(outside / "file")
    folder = services.storage.photo(new_session_id())
    folder.symlink_to(outside, target_is_directory=True)
    for path in (link, folder, outside / "file"):
        age(path, 48)

    await retention.clean_up_old_files(services)

    assert link.is_symlink()
    assert folder.is_symlink()
    assert (outside / "file").read_bytes() == b"not ours"


async def test_an_empty_database_orphans_no_file(services: Services) -> None:
    photo = services.storage.photo(new_session_id())
    await fill(services, photo)
    age(photo, 48)

    await retention.clean_up_old_files(services)

    assert photo.is_file()


@pytest.mark.fault(108)
@pytest.mark.parametrize("network", ["networked"], indirect=True)
async def test_a_folder_may_hold_more_files_than_a_query_has_parameters(
    services: Services,
) -> None:
    alive = await row_in(Stage.RENDERING)
    kept = services.storage.video(alive, "square")
    others = (services.storage.video(new_session_id(), "square") for _ in range(MANY_FILES))
    for path in (kept, *others):
        path.touch()
        age(path, 48)

    with capture_logs() as logs:
        await retention.clean_up_old_files(services)

    assert list(services.storage.videos.iterdir()) == [kept]
    assert not [line for line in logs if line["log_level"] == "error"]
