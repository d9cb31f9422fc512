"""A site whose processes share no folder, only the database, Redis and an object store."""

import io
from datetime import timedelta
from pathlib import Path

import av
import httpx
import pytest

from realtime.publisher import RecordingPublisher
from server.clock import now
from server.pipeline import retention
from server.services import open_services
from server.settings import Settings
from server.submissions.model import Submission
from tests.integration.task_queue import RecordingTaskQueue
from tests.servers import ObjectServer
from tests.sites import USUAL, Network, Site, open_site

NO_FOLDERS = dict.fromkeys(("IMG_STORAGE", "AUDIO_STORAGE", "VIDEO_STORAGE", "PREVIEW_STORAGE"), "")


def list_files(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file()]


async def fetch_video(site: Site, address: str) -> bytes:
    """Fetch a video as a browser does: the site's redirect, then two ranges from the bucket."""
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as browser:
        url = f"{site.url}{address}"
        first = await browser.get(url, headers={"Range": "bytes=0-999"})
        rest = await browser.get(url, headers={"Range": "bytes=1000-"})
    assert [len(first.history), len(rest.history)] == [1, 1]
    assert (first.status_code, rest.status_code) == (206, 206)
    size = len(first.content + rest.content)
    assert first.headers["Content-Range"] == f"bytes 0-999/{size}"
    return first.content + rest.content


async def expire(network: dict[str, str], objects: dict[str, str], session_id: str) -> None:
    """Let a month pass for one submission, and run the clean-up."""
    values = {name.lower(): value for name, value in network.items()} | objects
    values |= {"sonauto_api_key": "key", "webhook_base_url": "https://pets.example"}
    async with open_services(
        Settings.model_validate(values),
        publisher=RecordingPublisher(),
        task_queue=RecordingTaskQueue(),
    ) as services:
        old = now() - timedelta(days=31)
        await Submission.filter(session_id=session_id).update(created_at=old)
        await retention.clean_up_old_files(services)


@pytest.mark.parametrize("own_network", ["networked"], indirect=True)
async def test_hosts_that_share_no_folder_make_a_song_together(
    own_network: Network,
    objects: dict[str, str],
    bucket: str,
    object_server: ObjectServer,
    tmp_path: Path,
) -> None:
    network = dict(own_network or {})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    store = {name.upper(): value for name, value in objects.items()} | NO_FOLDERS
    shared = network | store | {"TMPDIR": str(scratch)}
    async with open_site(tmp_path, network=shared, **USUAL) as site:
        session_id = await site.submit()
        await site.wait_for(session_id, status="success")
        result = (await site.http.get(f"/api/results/{session_id}")).json()
        video = await fetch_video(site, result["video_url"])
        keys = await object_server.list_keys(bucket)
        async with httpx.AsyncClient(base_url=object_server.url, trust_env=False) as anonymous:
            answers = [await anonymous.get(f"/{bucket}/{key}") for key in keys]
        for process in site.processes.values():
            process.check_output("encoder_fallback")

    with av.open(io.BytesIO(video), "r") as container:
        assert (container.duration or 0) / av.time_base == pytest.approx(3, abs=0.2)
    names = {key.removeprefix("pets/2026/") for key in keys}
    assert {f"uploads/{session_id}.jpg", f"audio/{session_id}.mp3"} < names
    assert not [name for name in names if name.endswith(".part")]
    assert {answer.status_code for answer in answers} == {403}
    assert list_files(tmp_path / "hosts") == []
    assert list_files(scratch) == []

    await expire(network, objects, session_id)

    assert await object_server.list_keys(bucket) == set()
