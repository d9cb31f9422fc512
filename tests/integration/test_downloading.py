"""Songs whose host fails, on both databases, fetched from a real one."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from server.clock import now
from server.ids import new_session_id
from server.pipeline.downloading import download_audio
from server.pipeline.rendering import create_video
from server.pipeline.retries import READY_WITHIN
from server.services import Services
from server.simulator.client import Simulator
from server.simulator.faults import Fault, Switch
from server.songs.service import SongOrder
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission
from tests.integration.conftest import OpenStack
from tests.integration.videos import store_order
from tests.integration.web.forms import store_submission
from tests.servers import free_port, wait_until

ORDER = SongOrder(owner_name="Matt", pet_name="Toby", pet_type="Dog", music_vibe="Romantic")


@pytest.fixture(scope="module")
async def simulator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulator]:
    folder = tmp_path_factory.mktemp("simulator")
    async with Simulator.start(folder, delay_s=0, song_s=3) as simulator:
        yield simulator


@pytest.fixture
async def site(open_stack: OpenStack, simulator: Simulator) -> AsyncIterator[Services]:
    await simulator.set_faults()
    away = f"http://127.0.0.1:{free_port()}"
    async with open_stack(
        external_api_url=simulator.api_url,
        song_cdn_hosts=(simulator.origin, away),
        max_retries=2,
        render_formats="square",
        video_resolution=360,
        video_fps=5,
    ) as services:
        yield services


@pytest.fixture
async def song_url(site: Services) -> str:
    task_id = await site.songs.generate(ORDER, "")

    async def find_url() -> str | None:
        return (await site.songs.read_generation(task_id)).song_url

    return str(await wait_until(find_url))


async def finished(url: str, age: timedelta = timedelta()) -> str:
    """Store a submission whose song ended `age` ago; return its session_id."""
    session_id = new_session_id()
    await store_submission(
        Stage.DOWNLOADING,
        session_id=session_id,
        LLM_response=url,
        received_from_LLM=now() - age,
    )
    return session_id


async def fetch(services: Services, session_id: str) -> Submission:
    await Submission.filter(session_id=session_id).update(next_run_at=now())
    await download_audio(services, session_id)
    return await Submission.get(session_id=session_id)


@pytest.mark.fault(51)
@pytest.mark.parametrize(
    "fault",
    [
        Switch(Fault.DOWNLOAD_STATUS, 404),
        Switch(Fault.DOWNLOAD_STATUS, 403),
        Switch(Fault.DOWNLOAD_STATUS, 503),
        Switch(Fault.DOWNLOAD_PAGE),
        Switch(Fault.DOWNLOAD_RESET, 0.5),
    ],
    ids=str,
)
async def test_a_song_that_is_not_there_yet_is_retried_uncounted(
    site: Services, simulator: Simulator, song_url: str, fault: Switch
) -> None:
    session_id = await finished(song_url)
    await simulator.set_faults(fault)
    for _ in range(1 + site.settings.max_retries):
        row = await fetch(site, session_id)
        assert (row.stage, row.attempts) == (Stage.DOWNLOADING, 0)
        assert timedelta() < row.next_run_at - now() <= timedelta(minutes=1)
    await simulator.set_faults()

    assert (await fetch(site, session_id)).stage == Stage.RENDERING


@pytest.mark.fault(51)
@pytest.mark.parametrize("fault", [Switch(Fault.DOWNLOAD_STATUS, 404), Switch(Fault.DOWNLOAD_PAGE)])
async def test_a_song_that_never_comes_fails_after_some_minutes(
    site: Services, simulator: Simulator, song_url: str, fault: Switch
) -> None:
    session_id = await finished(song_url, READY_WITHIN + timedelta(minutes=1))
    await simulator.set_faults(fault)

    stages = [(await fetch(site, session_id)).stage for _ in range(site.settings.max_retries)]

    assert stages == [*[Stage.DOWNLOADING] * (site.settings.max_retries - 1), Stage.FAILED]
    row = await Submission.get(session_id=session_id)
    assert row.failure_reason == "download_failed"
    assert "song answered" in (row.failure_message or "")


@pytest.mark.fault(51)
@pytest.mark.parametrize("status", [403, 404])
async def test_an_expired_song_fails_without_useless_retries(
    site: Services, simulator: Simulator, song_url: str, status: int
) -> None:
    session_id = await finished(song_url, timedelta(hours=169))
    before = (await simulator.ledger())["downloads"]
    await simulator.set_faults(Switch(Fault.DOWNLOAD_STATUS, status))

    row = await fetch(site, session_id)

    assert (row.stage, row.failure_reason) == (Stage.FAILED, "download_failed")
    assert (await simulator.ledger())["downloads"] == before + 1


@pytest.mark.fault(51)
@pytest.mark.parametrize("kind", ["away", "unlisted", "redirects", "gateway"])
async def test_an_unreachable_host_is_awaited_for_a_day(
    site: Services, simulator: Simulator, song_url: str, kind: str
) -> None:
    *_, away = site.settings.song_cdn_hosts
    urls = {"away": f"{away}/a.mp3", "unlisted": "https://cdn2.sonauto.ai/a.mp3"}
    faults = {
        "redirects": Switch(Fault.DOWNLOAD_REDIRECT, "http://127.0.0.1:9/a.mp3"),
        "gateway": Switch(Fault.DOWNLOAD_STATUS, 502),
    }
    await simulator.set_faults(*filter(None, [faults.get(kind)]))
    url = urls.get(kind, song_url)
    late, too_late = [await finished(url, timedelta(hours=hours)) for hours in (23, 25)]
    for _ in range(1 + site.settings.max_retries):
        row = await fetch(site, late)
        assert (row.stage, row.attempts) == (Stage.DOWNLOADING, 0)

    for _ in range(site.settings.max_retries):
        row = await fetch(site, too_late)
    assert row.stage == Stage.FAILED


@pytest.mark.parametrize(
    "fault",
    [
        Switch(Fault.DOWNLOAD_BODY, "these bytes are no song"),
        Switch(Fault.DOWNLOAD_STATUS, 410),
    ],
    ids=str,
)
async def test_a_permanent_failure_is_not_retried(
    site: Services, simulator: Simulator, song_url: str, fault: Switch
) -> None:
    session_id = await finished(song_url)
    before = (await simulator.ledger())["downloads"]
    await simulator.set_faults(fault)

    row = await fetch(site, session_id)

    assert (row.stage, row.failure_reason) == (Stage.FAILED, "download_failed")
    assert (await simulator.ledger())["downloads"] == before + 1


@pytest.mark.fault(100)
async def test_a_disk_that_takes_no_song_is_awaited(site: Services, song_url: str) -> None:
    session_id = await finished(song_url)
    folder = site.storage.songs
    folder.rename(folder.with_name("away"))
    folder.symlink_to(folder)
    for _ in range(1 + site.settings.max_retries):
        row = await fetch(site, session_id)
        assert (row.stage, row.attempts) == (Stage.DOWNLOADING, 0)
        assert row.next_run_at > now(), "not at once again"
    folder.unlink()
    folder.with_name("away").rename(folder)

    assert (await fetch(site, session_id)).stage == Stage.RENDERING


@pytest.mark.fault(100)
@pytest.mark.parametrize("part", ["photos", "songs", "videos"])
async def test_a_disk_that_fails_during_a_render_is_awaited(site: Services, part: str) -> None:
    session_id = await store_order(site, Stage.RENDERING)
    folder = getattr(site.storage, part)
    folder.rename(folder.with_name("away"))
    folder.symlink_to(folder)
    for _ in range(1 + site.settings.max_retries):
        await Submission.filter(session_id=session_id).update(next_run_at=now())
        await create_video(site, session_id)
        row = await Submission.get(session_id=session_id)
        assert (row.stage, row.attempts) == (Stage.RENDERING, 0)
        assert row.next_run_at > now(), "not at once again"
    folder.unlink()
    folder.with_name("away").rename(folder)
    await Submission.filter(session_id=session_id).update(next_run_at=now())

    await create_video(site, session_id)

    assert (await Submission.get(session_id=session_id)).stage == Stage.READY
