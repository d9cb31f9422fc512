"""A site's services inside the test process, on both stacks, with no worker behind them.

Invariant: every test has an empty database, empty folders and an empty Redis. What the site would
push or enqueue is recorded instead.
"""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from quart.typing import TestClientProtocol

from realtime.publisher import RecordingPublisher
from server.services import Services, open_services
from server.serving.app import create_app
from server.settings import Settings
from tests.integration.task_queue import RecordingTaskQueue
from tests.schema import migrate
from tests.servers import ObjectServer

OpenStack = Callable[..., AbstractAsyncContextManager[Services]]
Client = TestClientProtocol
Connect = Callable[[Services], Client]

CLIENT_PAGES = ("index.html", "waiting.html", "result.html")
CLIENT_PAGE = """<!doctype html>
<html lang="en" data-simulated="{{ simulated }}" data-session-id="{{ session_id }}">
  <meta property="og:image" content="{{ link.image }}">
  <link rel="stylesheet" crossorigin href="/assets/style-1234.css">
  <a href="{{ terms_url }}">terms</a> <a href="{{ privacy_url }}">privacy</a>
  <a href="{{ attribution_url }}">{{ attribution_text }}</a>
</html>
"""


@pytest.fixture(scope="session")
async def object_server() -> AsyncIterator[ObjectServer]:
    async with ObjectServer() as server:
        yield server


@pytest.fixture
async def bucket(object_server: ObjectServer) -> str:
    """The name of an empty bucket."""
    return await object_server.create_bucket()


@pytest.fixture
def objects(object_server: ObjectServer, bucket: str) -> dict[str, str]:
    """The settings that keep files in `bucket`, below a prefix."""
    return {
        "storage_url": f"s3://{bucket}/pets/2026",
        "storage_endpoint_url": object_server.url,
        "storage_access_key_id": "key-of-the-tests",
        "storage_secret_access_key": "secret-of-the-tests",
    }


@pytest.fixture(scope="session")
async def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with the newest schema, to be copied."""
    file = tmp_path_factory.mktemp("schema") / "petsong.sqlite3"
    await migrate(f"sqlite://{file}")
    return file


@pytest.fixture(params=["embedded", "networked"])
def network(request: pytest.FixtureRequest) -> dict[str, str | None]:
    """The settings that name PostgreSQL and Redis, or neither."""
    if request.param == "embedded":
        file = request.getfixturevalue("tmp_path") / "petsong.sqlite3"
        shutil.copyfile(request.getfixturevalue("migrated_file"), file)
        return {"database_url": f"sqlite://{file}", "redis_url": None}
    return {
        "database_url": request.getfixturevalue("postgres_url"),
        "redis_url": request.getfixturevalue("redis_url"),
    }


@pytest.fixture
def open_stack(network: dict[str, str | None], tmp_path: Path) -> OpenStack:
    """Open services with other settings: `async with open_stack(max_retries=1) as services`.

    One at a time per test. They reach only the database and Redis.
    """

    @asynccontextmanager
    async def open_with(**changes: object) -> AsyncIterator[Services]:
        settings = Settings.model_validate(
            {
                "sonauto_api_key": "key-of-the-tests",
                "external_api_url": "http://127.0.0.1:9/v1",
                "webhook_base_url": "http://127.0.0.1:8000",
                "img_storage": tmp_path / "uploads",
                "audio_storage": tmp_path / "audio",
                "video_storage": tmp_path / "video",
                "preview_storage": tmp_path / "preview",
                "submissions_per_hour_per_ip": 1000,
                "results_per_hour_per_ip": 1000,
                # A busy machine may take seconds for a good photo.
                "photo_timeout_seconds": 60,
                **network,
                **changes,
            }
        )
        async with open_services(
            settings, publisher=RecordingPublisher(), task_queue=RecordingTaskQueue()
        ) as services:
            yield services

    return open_with


@pytest.fixture
async def services(open_stack: OpenStack) -> AsyncIterator[Services]:
    """The services with default settings."""
    async with open_stack() as services:
        yield services


@pytest.fixture(scope="session")
def client_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stub of a built client, as far as the server looks at it."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "assets").mkdir()
    (folder / "assets" / "style-1234.css").write_text("body { margin: 0 }")
    (folder / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    for page in CLIENT_PAGES:
        (folder / page).write_text(CLIENT_PAGE)
    (folder / "admin.html").write_text("<!doctype html>")
    return folder


@pytest.fixture
def connect(client_folder: Path) -> Connect:
    """Make a client of the web application over given services."""
    return lambda services: create_app(services, client_folder).test_client()


@pytest.fixture
def client(services: Services, connect: Connect) -> Client:
    """A client of the web application over `services`."""
    return connect(services)
