"""Files appear complete or not at all, and only where one of our ids leads."""

from pathlib import Path

import pytest

from renderer import FORMATS
from renderer.parts import create_part
from server.ids import new_session_id
from server.settings import Settings
from server.storage import (
    FolderStorage,
    StorageUnavailable,
    partial,
    publish,
    read_video_name,
    video_name,
    write_file,
)
from server.storage.names import unique_partial
from server.storage.scratch import LOCK, PREFIX, open_scratch
from tests.faults.invariants import find_orphans


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage.from_settings(
        Settings(
            img_storage=tmp_path / "uploads",
            audio_storage=tmp_path / "audio",
            video_storage=tmp_path / "video",
            preview_storage=tmp_path / "preview",
        )
    )


def test_every_file_of_a_submission_lies_inside_the_storage(
    storage: FolderStorage, tmp_path: Path
) -> None:
    session_id = new_session_id()

    paths = storage.files(session_id)

    assert paths == tuple(
        tmp_path / name.format(id=session_id)
        for name in (
            "uploads/{id}.jpg",
            "audio/{id}.mp3",
            "video/{id}.mp4",
            "video/{id}-hd.mp4",
            "video/{id}-story.mp4",
            "video/{id}-wide.mp4",
            "video/{id}-teaser.mp4",
            "preview/{id}.mp4",
            "preview/{id}-hd.mp4",
            "preview/{id}-story.mp4",
            "preview/{id}-wide.mp4",
            "preview/{id}.jpg",
            "preview/{id}-card.jpg",
        )
    )


@pytest.mark.parametrize(
    "name",
    ["", "..", "../../etc/passwd", "a" * 23, "a" * 25, "A" * 24, "a" * 23 + "\n", "a" * 23 + "/"],
)
def test_only_ids_become_paths(storage: FolderStorage, name: str) -> None:
    with pytest.raises(ValueError, match="session id"):
        storage.video(name, "square")
    with pytest.raises(ValueError, match="session id"):
        storage.card(name)


@pytest.mark.parametrize("video_format", FORMATS)
def test_a_videos_name_is_read_back(video_format: str) -> None:
    session_id = new_session_id()

    assert read_video_name(video_name(session_id, video_format)) == (session_id, video_format)


@pytest.mark.parametrize(
    "suffix",
    ["-square", "-", "-cinema", "-story-hd", "-STORY", "-teaser", "story", "-../hd", "-story\n"],
)
def test_no_other_text_is_a_videos_name(suffix: str) -> None:
    assert read_video_name(new_session_id() + suffix) is None


def test_a_file_is_written_whole_and_leaves_no_draft(tmp_path: Path) -> None:
    target = tmp_path / "photo.jpg"

    write_file(target, b"one")
    write_file(target, b"two")

    assert target.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match=r"photo\.jpg"):
        write_file(tmp_path / "missing" / "photo.jpg", b"one")

    assert not list(tmp_path.iterdir())


def test_drafts_of_two_holders_do_not_meet(tmp_path: Path) -> None:
    target = tmp_path / "song.mp3"
    first, second = partial(target, 1), partial(target, 2)
    first.write_bytes(b"old")
    second.write_bytes(b"new")

    publish(second, target)

    assert target.read_bytes() == b"new"
    assert first.read_bytes() == b"old"


def make_drafts(storage: FolderStorage, session_id: str) -> list[Path]:
    """Leave every kind of draft that the code makes, of every file of a submission."""
    drafts = []
    for path in storage.files(session_id):
        ours = [partial(path, 12), unique_partial(path)]
        for draft in ours:
            draft.touch()
        drafts += [*ours, *map(create_part, [path, *ours])]
    return drafts


@pytest.mark.fault(107)
def test_every_draft_is_recognised_by_its_name(storage: FolderStorage) -> None:
    for folder in storage.folders:
        folder.mkdir()
    session_id = new_session_id()

    for draft in make_drafts(storage, session_id):
        assert storage.is_draft(draft), draft.name
        assert storage.find_owner(draft) == session_id
    for name in ("notes.txt.part", f".{session_id}.mp4", f"{session_id}.mp4.part", ".a.mp4.b.part"):
        assert not storage.is_draft(storage.videos / name), name


@pytest.mark.fault(107)
async def test_a_deleted_song_leaves_no_draft(storage: FolderStorage) -> None:
    await storage.check()
    gone, other = new_session_id(), new_session_id()
    drafts, others = make_drafts(storage, gone), make_drafts(storage, other)

    await storage.delete(gone)

    assert not [draft for draft in drafts if draft.exists()]
    assert all(map(Path.exists, others))


@pytest.mark.fault(107)
def test_the_invariants_find_drafts_that_retention_does_not_recognise(
    storage: FolderStorage,
) -> None:
    for folder in storage.folders:
        folder.mkdir()
    alive, gone = new_session_id(), new_session_id()
    make_drafts(storage, alive)
    (storage.videos / f"{alive}.mp4.new").touch()
    partial(storage.song(gone), 1).touch()

    orphans = find_orphans(storage, {alive: False, gone: True})

    assert orphans == [f"audio/{gone}.mp3.1.part", f"video/{alive}.mp4.new"]


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "uploads").write_text("a file, not a folder")

    with pytest.raises(StorageUnavailable, match="uploads"):
        await FolderStorage.from_settings(Settings(img_storage=tmp_path / "uploads")).check()


def test_the_four_folders_may_have_one_address(tmp_path: Path) -> None:
    storage = FolderStorage.from_settings(Settings(storage_url=f"file://{tmp_path}/our%20files"))

    assert storage.folders == tuple(
        tmp_path / "our files" / name for name in ("uploads", "audio", "video", "preview")
    )


def test_the_next_process_removes_a_killed_ones_scratch_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = tmp_path / f"{PREFIX}left"
    left.mkdir()
    (left / LOCK).touch()
    (left / "song.mp3").write_bytes(b"song")

    with open_scratch() as first, open_scratch() as second:
        assert set(tmp_path.iterdir()) == {first, second}
    assert not list(tmp_path.iterdir())
