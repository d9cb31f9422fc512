"""A backup is restored into an empty installation, which then shows an old result."""

import io
import tarfile
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from realtime.publisher import RecordingPublisher
from server.clock import now
from server.commands.backup import MANIFEST, back_up
from server.commands.restore import restore
from server.errors import BackupUnusable, StartError
from server.ids import new_session_id
from server.services import Services, open_services
from server.serving.app import create_app
from server.settings import Settings
from server.storage import partial
from server.submissions.lifecycle import Stage
from server.submissions.model import GenerationAttempt, SongAccount, Submission
from tests.integration.conftest import OpenStack
from tests.integration.task_queue import RecordingTaskQueue
from tests.integration.web.forms import SESSION_ID, store_submission
from tests.servers import PostgresServer

VIDEO = bytes(range(256)) * 1000
MANY_ROWS = 5_000
LYRICS = "la " * 3_000
Open = Callable[[Settings], AbstractAsyncContextManager[Services]]


@pytest.fixture
async def empty(
    postgres_server: PostgresServer, redis_url: str, tmp_path: Path
) -> AsyncIterator[dict[str, Settings]]:
    """Empty installations of both kinds, each with its own folders."""
    url = await postgres_server.create_database()
    common = {
        "sonauto_api_key": "key",
        "webhook_base_url": "https://pets.example",
    }
    yield {
        kind: Settings.model_validate(
            common | network | {"storage_url": f"file://{tmp_path}/restored-{kind}"}
        )
        for kind, network in {
            "embedded": {"database_url": f"sqlite://{tmp_path}/restored.sqlite3"},
            "networked": {"database_url": url, "redis_url": redis_url},
        }.items()
    }
    await postgres_server.drop_database(url)


def videos_below(folder: Path) -> list[Path]:
    return list(folder.rglob("restored-*/**/*.mp4")) + list(folder.glob("*.mp4"))


@asynccontextmanager
async def reopen(settings: Settings) -> AsyncIterator[Services]:
    async with open_services(
        settings, publisher=RecordingPublisher(), task_queue=RecordingTaskQueue()
    ) as services:
        yield services


async def fill(services: Services) -> str:
    """Store a finished song, one in progress, and files outside the backup; return the second."""
    storage, under_way = services.storage, new_session_id()
    await store_submission(Stage.READY, lyrics="la \u2665 la", LLM_task_id="task", version=7)
    await store_submission(Stage.COMPOSING, session_id=under_way, attempts=2)
    await GenerationAttempt.create(session_id=under_way, token_hash="hash")
    await SongAccount.filter(id=1).update(credits=4321, credits_checked_at=now())
    await storage.write(storage.video(SESSION_ID, "square"), lambda: VIDEO)
    await storage.write(storage.photo(under_way), lambda: b"photo")
    await storage.write(partial(storage.song(under_way), 3), lambda: b"half a song")
    await storage.write(storage.videos / "notes.txt", lambda: b"not of ours")
    return under_way


@pytest.mark.parametrize("target", ["embedded", "networked"])
async def test_an_empty_installation_shows_what_was_backed_up(
    open_stack: OpenStack,
    empty: dict[str, Settings],
    client_folder: Path,
    tmp_path: Path,
    target: str,
) -> None:
    file = tmp_path / "backup.tar"
    async with open_stack() as services:
        under_way = await fill(services)
        rows = await Submission.all().order_by("session_id").values()
        settings = services.settings
    assert "4 tables, 2 files" in await back_up(settings, file)

    assert "4 rows and 2 files" in await restore(empty[target], file)

    async with reopen(empty[target]) as services:
        client = create_app(services, client_folder).test_client()
        assert await Submission.all().order_by("session_id").values() == rows
        reply = await (await client.get(f"/api/results/{SESSION_ID}")).get_json()
        assert (reply["lyrics"], reply["pet_name"]) == ("la \u2665 la", "Toby")
        video = await client.get(f"/storage/video/{SESSION_ID}.mp4")
        assert await video.get_data(as_text=False) == VIDEO
        assert services.storage.photo(under_way).read_bytes() == b"photo"
        assert (await SongAccount.get(id=1)).credits == 4321
        await GenerationAttempt.create(session_id=under_way, token_hash="another")
        assert await GenerationAttempt.all().count() == 2


@contextmanager
def peak_below(bound_bytes: float) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < bound_bytes, f"{peak_bytes / 1e6:.1f} MB"


@pytest.mark.fault(108)
async def test_memory_does_not_grow_with_the_rows(
    open_stack: OpenStack,
    empty: dict[str, Settings],
    network: dict[str, str | None],
    tmp_path: Path,
) -> None:
    file = tmp_path / "backup.tar"
    async with open_stack() as services:
        await store_submission(Stage.READY, lyrics=LYRICS)
        [row] = await Submission.all().values()
        await Submission.bulk_create(
            Submission(**row | {"session_id": new_session_id(), "idempotency_key": None})
            for _ in range(MANY_ROWS - 1)
        )
    table_bytes = MANY_ROWS * len(LYRICS)

    with peak_below(table_bytes / 2):
        await back_up(services.settings, file)
    with peak_below(table_bytes / 2):
        told = await restore(empty["networked" if network["redis_url"] else "embedded"], file)

    assert f"{MANY_ROWS + 1} rows and 0 files" in told


@pytest.mark.parametrize("network", ["embedded"], indirect=True)
async def test_a_buckets_files_are_restored_with_their_names(
    open_stack: OpenStack, objects: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "backup.tar"
    async with open_stack(**objects) as services:
        await fill(services)
    settings = services.settings
    await back_up(settings, file)
    async with reopen(settings) as services:
        await Submission.all().delete()
        await services.storage.discard([services.storage.video(SESSION_ID, "square")])

    await restore(settings, file)

    async with reopen(settings) as services:
        assert await services.storage.has(services.storage.video(SESSION_ID, "square"))


@pytest.mark.parametrize("network", ["embedded"], indirect=True)
async def test_nothing_is_restored_over_submissions(open_stack: OpenStack, tmp_path: Path) -> None:
    async with open_stack() as services:
        await fill(services)
    await back_up(services.settings, tmp_path / "backup.tar")

    with pytest.raises(StartError, match="there are submissions"):
        await restore(services.settings, tmp_path / "backup.tar")


@pytest.mark.parametrize("network", ["embedded"], indirect=True)
async def test_an_incomplete_backup_restores_nothing(
    open_stack: OpenStack, empty: dict[str, Settings], tmp_path: Path
) -> None:
    async with open_stack() as services:
        await fill(services)
    whole, wrong = tmp_path / "backup.tar", tmp_path / "wrong.tar"
    await back_up(services.settings, whole)
    content = whole.read_bytes()
    at = content.index(VIDEO)

    def rewrite(name: str, to: str) -> bytes:
        copy = io.BytesIO()
        with tarfile.open(whole) as old, tarfile.open(fileobj=copy, mode="w") as new:
            for member in old:
                body = old.extractfile(member)
                member.name = to if member.name == name else member.name
                new.addfile(member, body)
        return copy.getvalue()

    damaged = {
        "a video": content[:at] + b"?" + content[at + 1 :],
        "the end": content[: len(content) // 2],
        "no manifest": rewrite(MANIFEST, "files/video/other.mp4"),
        "another place": rewrite(f"files/video/{SESSION_ID}.mp4", "../outside.mp4"),
        "nothing": b"",
    }
    for bad in damaged.values():
        wrong.write_bytes(bad)
        with pytest.raises(BackupUnusable):
            await restore(empty["embedded"], wrong)
    assert videos_below(tmp_path) == []
    assert not (tmp_path / "restored.sqlite3").exists()
