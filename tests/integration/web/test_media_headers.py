"""A video's headers: how long it is, and how long it may be cached."""

from datetime import timedelta

import pytest
from quart.testing import connections

from server.clock import now
from server.services import Services
from server.storage import write_file
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission
from tests.integration.conftest import Client, Connect, OpenStack
from tests.integration.web.forms import SESSION_ID, store_submission

CONTENT = bytes(256_000)
VIDEO = f"/storage/video/{SESSION_ID}.mp4"
MEDIA = (
    *(VIDEO, f"/storage/teaser/{SESSION_ID}.mp4", f"/storage/card/{SESSION_ID}.jpg"),
    *(f"/storage/preview/{SESSION_ID}.mp4", f"/storage/poster/{SESSION_ID}.jpg"),
)


def write_all(services: Services) -> None:
    storage = services.storage
    write_file(storage.video(SESSION_ID, "square"), CONTENT)
    write_file(storage.preview(SESSION_ID, "square"), CONTENT)
    for path in (storage.teaser, storage.card, storage.poster):
        write_file(path(SESSION_ID), CONTENT)


@pytest.fixture
async def song(services: Services) -> None:
    """A song that has just finished, with all its files."""
    write_all(services)
    await store_submission(Stage.READY)


async def read_cache_control(client: Client, path: str) -> tuple[int, set[str]]:
    """Return for how many seconds a browser may cache `path`, and the other directives."""
    response = await client.get(path)
    assert response.status_code == 200
    words = response.headers["Cache-Control"].split(", ")
    [age] = [word for word in words if word.startswith("max-age=")]
    return int(age.removeprefix("max-age=")), set(words) - {age}


@pytest.mark.parametrize(
    ("headers", "status", "length"),
    [({}, 200, len(CONTENT)), ({"Range": "bytes=0-1"}, 206, 2)],
)
async def test_a_videos_length_can_be_asked_without_its_content(
    headers: dict[str, str], status: int, length: int, client: Client, song: None
) -> None:
    async with client.request(VIDEO, method="HEAD", headers=headers) as connection:
        await connection.send_complete()

    assert isinstance(connection, connections.TestHTTPConnection)
    assert connection.status_code == status
    assert connection.headers is not None
    assert connection.headers["Content-Length"] == str(length)
    assert not connection.response_data


@pytest.mark.parametrize("path", MEDIA)
async def test_a_shared_cache_revalidates_each_time_and_a_browser_each_hour(
    path: str, client: Client, song: None
) -> None:
    age_s, others = await read_cache_control(client, path)

    assert age_s == 3600
    assert others == {"public", "s-maxage=0", "must-revalidate"}


@pytest.mark.parametrize("path", MEDIA)
@pytest.mark.parametrize(
    ("left", "most_s"), [(timedelta(minutes=5), 300), (timedelta(hours=-1), 0)]
)
async def test_nothing_may_be_cached_past_the_day_of_its_deletion(
    path: str, left: timedelta, most_s: int, client: Client, services: Services, song: None
) -> None:
    retention = timedelta(days=services.settings.file_retention_days)
    await Submission.all().update(created_at=now() - retention + left)

    age_s, _ = await read_cache_control(client, path)

    assert age_s <= most_s


async def test_files_sent_by_the_proxy_may_be_cached_no_longer(
    open_stack: OpenStack, connect: Connect, tmp_path: object
) -> None:
    files = {"files_sent_by": "nginx", "storage_url": f"file://{tmp_path}/files"}
    async with open_stack(**files) as services:
        write_all(services)
        retention = timedelta(days=services.settings.file_retention_days)
        await store_submission(Stage.READY)
        await Submission.all().update(created_at=now() - retention + timedelta(minutes=5))

        age_s, others = await read_cache_control(connect(services), VIDEO)

    assert age_s <= 300
    assert others == {"public", "s-maxage=0", "must-revalidate"}
