"""What every storage does, in folders and behind a real S3 API."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from server.ids import new_session_id
from server.settings import Settings
from server.storage import Storage, StorageUnavailable, open_storage, partial
from tests.servers import ObjectServer

SESSION_ID = new_session_id()


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which scratch folders are made."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture(params=["folders", "objects"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The settings of a storage of each kind."""
    if request.param == "folders":
        return {"storage_url": f"file://{tmp_path}/storage"}
    found: dict[str, str] = request.getfixturevalue("objects")
    return found


@pytest.fixture
async def storage(settings: dict[str, str]) -> AsyncIterator[Storage]:
    async with open_storage(Settings.model_validate(settings)) as storage:
        await storage.check()
        yield storage


def names_of_files(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


async def test_what_is_written_is_found_until_it_is_deleted(storage: Storage) -> None:
    other = new_session_id()
    files, others = storage.files(SESSION_ID), storage.files(other)
    for path in (*files, *others):
        await storage.write(path, lambda: b"file")

    assert await storage.find([*files, *others]) == {*files, *others}

    await storage.delete(SESSION_ID)
    await storage.delete(SESSION_ID)

    assert await storage.find([*files, *others]) == {*others}


async def test_nobody_sees_a_draft_before_it_is_published(storage: Storage) -> None:
    kept = storage.video(SESSION_ID, "square")
    async with storage.workspace() as files:
        path = files.video(SESSION_ID, "square")
        draft = partial(path, 7)
        draft.write_bytes(b"video")
        assert not await storage.has(kept)

        await files.publish(draft, path)

        assert await storage.has(kept)
        assert not draft.exists()


async def test_a_step_finds_what_another_has_stored(storage: Storage) -> None:
    await storage.write(storage.photo(SESSION_ID), lambda: b"photo")
    async with storage.workspace() as files:
        await files.fetch(files.photo(SESSION_ID), files.preview(SESSION_ID, "square"))
        assert files.photo(SESSION_ID).read_bytes() == b"photo"
        assert not files.preview(SESSION_ID, "square").exists()
        files.poster(SESSION_ID).write_bytes(b"poster")
        await files.keep(files.poster(SESSION_ID))

    async with storage.workspace() as files:
        await files.fetch(files.poster(SESSION_ID))
        assert files.poster(SESSION_ID).read_bytes() == b"poster"


async def test_a_probe_leaves_nothing(
    objects: dict[str, str], bucket: str, object_server: ObjectServer
) -> None:
    async with open_storage(Settings.model_validate(objects)) as storage:
        assert await storage.check() == f"{objects['storage_url']} at {object_server.url}"

    assert await object_server.list_keys(bucket) == set()


async def test_copies_are_deleted_with_their_workspace(
    objects: dict[str, str], scratch: Path
) -> None:
    async with open_storage(Settings.model_validate(objects)) as storage:
        await storage.write(storage.photo(SESSION_ID), lambda: b"photo")
        async with storage.workspace() as first, storage.workspace() as second:
            await first.fetch(first.photo(SESSION_ID))
            assert not second.photo(SESSION_ID).exists()
        assert names_of_files(scratch) == ["lock"]

    assert names_of_files(scratch) == []


async def test_objects_are_private_and_have_their_folders_names(
    objects: dict[str, str], bucket: str, object_server: ObjectServer
) -> None:
    async with open_storage(Settings.model_validate(objects)) as storage:
        for path in storage.files(SESSION_ID):
            await storage.write(path, lambda: b"file")
        address = await storage.sign(storage.video(SESSION_ID, "square"))
        for private in (storage.photo(SESSION_ID), storage.song(SESSION_ID)):
            with pytest.raises(ValueError, match="private"):
                await storage.sign(private)

    keys = await object_server.list_keys(bucket)
    async with httpx.AsyncClient(trust_env=False) as http:
        signed = await http.get(address or "", headers={"Range": "bytes=1-2"})
        unsigned = [await http.get(f"{object_server.url}/{bucket}/{key}") for key in keys]
    assert f"pets/2026/uploads/{SESSION_ID}.jpg" in keys
    assert f"pets/2026/video/{SESSION_ID}-story.mp4" in keys
    assert (signed.status_code, signed.content) == (206, b"il")
    assert signed.headers["Content-Type"] == "video/mp4"
    assert signed.headers["Content-Disposition"] == f'attachment; filename="{SESSION_ID}.mp4"'
    assert {answer.status_code for answer in unsigned} == {403}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"storage_url": "s3://another/pets"}, "there is no such bucket"),
        ({"storage_endpoint_url": "http://127.0.0.1:9"}, "error sending request"),
    ],
)
async def test_a_storage_error_is_one_line(
    objects: dict[str, str], changes: dict[str, str], reason: str
) -> None:
    async with open_storage(Settings.model_validate(objects | changes)) as storage:
        with pytest.raises(StorageUnavailable, match=reason) as refusal:
            await storage.check()

    assert len(str(refusal.value).splitlines()) == 1


async def test_a_refused_key_is_reported_and_not_quoted(objects: dict[str, str]) -> None:
    async with ObjectServer() as server:
        bucket = await server.create_bucket()
        await server.refuse_keys()
        changes = {"storage_url": f"s3://{bucket}", "storage_endpoint_url": server.url}
        async with open_storage(Settings.model_validate(objects | changes)) as storage:
            with pytest.raises(StorageUnavailable, match="the key is refused") as refusal:
                await storage.check()

    assert "of-the-tests" not in str(refusal.value)


async def test_an_unreachable_store_does_not_look_empty(objects: dict[str, str]) -> None:
    away = objects | {"storage_endpoint_url": "http://127.0.0.1:9"}
    async with open_storage(Settings.model_validate(away)) as storage:
        with pytest.raises(StorageUnavailable):
            await storage.has(storage.photo(SESSION_ID))
        async with storage.workspace() as files:
            with pytest.raises(StorageUnavailable):
                await files.fetch(files.photo(SESSION_ID))
