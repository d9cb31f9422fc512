"""The site over an object store: what visitors fetch, steps leave, and retention deletes."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from server.clock import now
from server.ids import new_session_id
from server.pipeline import retention
from server.pipeline.previewing import make_preview, prepare_videos
from server.pipeline.rendering import create_video
from server.services import Services
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission
from tests.integration.conftest import Client, Connect, OpenStack
from tests.integration.videos import store_order
from tests.integration.web.forms import SESSION_ID, form, store_submission
from tests.servers import ObjectServer

pytestmark = pytest.mark.parametrize("network", ["embedded"], indirect=True)

VIDEO = f"/storage/video/{SESSION_ID}.mp4"


@pytest.fixture
async def services(open_stack: OpenStack, objects: dict[str, str]) -> AsyncIterator[Services]:
    async with open_stack(**objects) as services:
        yield services


async def keys_of(server: ObjectServer, bucket: str) -> set[str]:
    return {key.removeprefix("pets/2026/") for key in await server.list_keys(bucket)}


async def test_a_video_is_fetched_where_the_site_sends_the_browser(
    services: Services, client: Client, object_server: ObjectServer
) -> None:
    await services.storage.write(
        services.storage.video(SESSION_ID, "square"), lambda: b"0123456789"
    )
    await store_submission(Stage.READY)

    response = await client.get(VIDEO, headers={"Range": "bytes=2-4"})

    assert response.status_code == 302
    assert response.headers["Cache-Control"] == "private, max-age=600"
    address = response.headers["Location"]
    assert "X-Amz-Expires=1800" in address
    async with httpx.AsyncClient(trust_env=False) as http:
        part = await http.get(address, headers={"Range": "bytes=2-4"})
        unsigned = await http.get(address.partition("?")[0])
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["Content-Range"] == "bytes 2-4/10"
    assert part.headers["Cache-Control"] == "private, max-age=600"
    assert unsigned.status_code == 403
    policy = response.headers["Content-Security-Policy"]
    assert f"img-src 'self' {object_server.url} blob:" in policy
    assert f"media-src 'self' {object_server.url};" in policy


async def test_no_redirect_leads_to_a_private_file(services: Services, client: Client) -> None:
    for path in services.storage.files(SESSION_ID):
        await services.storage.write(path, lambda: b"file")
    row = await store_submission(Stage.RENDERING)
    assert (await client.get(VIDEO)).status_code == 404

    await Submission.filter(session_id=row.session_id).update(entry_status="success")

    assert (await client.get(VIDEO)).status_code == 302
    for address in (
        f"/storage/uploads/{SESSION_ID}.jpg",
        f"/storage/audio/{SESSION_ID}.mp3",
        f"/storage/video/%2e%2e%2fuploads%2f{SESSION_ID}.mp4",
        f"/storage/poster/{new_session_id()}.jpg",
        f"/storage/preview/{SESSION_ID}-story.mp4",
    ):
        assert (await client.get(address)).status_code == 404, address


async def test_a_submission_leaves_its_photo_in_the_bucket_alone(
    services: Services, client: Client, bucket: str, object_server: ObjectServer, tmp_path: Path
) -> None:
    reply = await client.post("/api/submissions", json=form())

    session_id = (await reply.get_json())["session_id"]
    assert await keys_of(object_server, bucket) == {f"uploads/{session_id}.jpg"}
    row = await Submission.get(session_id=session_id)
    assert row.photo_path == f"uploads/{session_id}.jpg"
    assert not (tmp_path / "uploads").exists()


async def test_videos_are_made_from_objects_and_stored_as_objects(
    services: Services, client: Client, bucket: str, object_server: ObjectServer
) -> None:
    session_id = await store_order(services, Stage.COMPOSING, pet_name="Zoë")
    given = {f"uploads/{session_id}.jpg", f"audio/{session_id}.mp3"}

    await make_preview(services, session_id)
    preview = {f"preview/{session_id}.mp4", f"preview/{session_id}.jpg"}
    assert await keys_of(object_server, bucket) == given | preview

    await prepare_videos(services, session_id)
    prepared = {f"preview/{session_id}-story.mp4", f"preview/{session_id}-card.jpg"}
    assert await keys_of(object_server, bucket) == given | preview | prepared

    await Submission.filter(session_id=session_id).update(stage=Stage.RENDERING)
    with capture_logs() as lines:
        await create_video(services, session_id)
    [timings] = [line for line in lines if line["event"] == "video_rendered"]
    assert "encode" not in timings, "the loops were encoded again"
    videos = {f"video/{session_id}{name}.mp4" for name in ("", "-story", "-teaser")}
    assert await keys_of(object_server, bucket) == given | preview | prepared | videos
    assert (await Submission.get(session_id=session_id)).stage == Stage.READY

    result = await (await client.get(f"/api/results/{session_id}")).get_json()
    assert [video["format"] for video in result["videos"]] == ["square", "story"]
    for url in (result["video_url"], result["poster_url"], result["card_url"]):
        assert (await client.get(url)).status_code == 302
    async with httpx.AsyncClient(trust_env=False) as http:
        for video, ending in zip(result["videos"], ("", "-story"), strict=True):
            address = (await client.get(video["download_url"])).headers["Location"]
            saved = await http.get(address, headers={"Range": "bytes=0-1"})
            assert (saved.status_code, saved.headers["Content-Disposition"]) == (
                206,
                f'attachment; filename="Zoe-and-Matt{ending}.mp4"; '
                f"filename*=UTF-8''Zo%C3%AB-and-Matt{ending}.mp4",
            )
    page = await (await client.get(f"/result/{session_id}")).get_data(as_text=True)
    assert f"/storage/card/{session_id}.jpg" in page


async def test_retention_deletes_every_object_of_a_row(
    services: Services, bucket: str, object_server: ObjectServer
) -> None:
    old, recent = new_session_id(), new_session_id()
    for session_id in (old, recent):
        await store_submission(Stage.READY, session_id=session_id)
        for path in services.storage.files(session_id):
            await services.storage.write(path, lambda: b"file")
    await Submission.filter(session_id=old).update(created_at=now() - timedelta(days=31))

    await retention.clean_up_old_files(services)

    kept = {path.as_posix() for path in services.storage.files(recent)}
    assert await keys_of(object_server, bucket) == kept
    assert (await Submission.get(session_id=old)).expired_at is not None


async def test_an_object_store_outage_costs_no_song(
    open_stack: OpenStack, objects: dict[str, str], connect: Connect
) -> None:
    async with ObjectServer() as server:
        address = f"s3://{await server.create_bucket()}"
        changes = {"storage_url": address, "storage_endpoint_url": server.url}
        async with open_stack(**(objects | changes)) as services:
            client = connect(services)
            session_id = await store_order(services, Stage.RENDERING)
            await server.stop()

            for _ in range(services.settings.max_retries + 1):
                await Submission.filter(session_id=session_id).update(next_run_at=now())
                tried_at = now()
                await create_video(services, session_id)
            refused = await client.post("/api/submissions", json=form())
            video = await client.get(f"/storage/poster/{session_id}.jpg")

            row = await Submission.get(session_id=session_id)
            assert (row.stage, row.attempts) == (Stage.RENDERING, 0)
            assert row.next_run_at > tried_at + timedelta(seconds=5)
            assert await Submission.all().count() == 1
    assert (refused.status_code, video.status_code) == (503, 503)
    assert server.url not in await video.get_data(as_text=True)
