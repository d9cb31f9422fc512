"""The song service behind a bad network: lost answers, and songs that trickle or inflate."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from renderer import RenderError, RenderPool
from server.errors import SongUnusable
from server.settings import Settings
from server.simulator.client import Simulator
from server.simulator.faults import Fault, Switch
from server.songs.public_addresses import Resolve
from server.songs.service import SongOrder
from server.songs.sonauto import Sonauto
from server.songs.song_files import MAX_SONG_BYTES
from tests.faults.fleet import GRACE_S, Fleet
from tests.faults.hosts import SONG, open_host
from tests.servers import Proxy, wait_until

ORDER = SongOrder("Quasimodo", "Xanthippe", "Dog", "Romantic")
SONG_HOST = "songs.example"
SONG_URL = f"https://{SONG_HOST}/a.mp3"
PUBLIC = "93.184.215.14"
PUBLIC_TOO = "2606:4700::6810:84e5"
PRIVATE = (
    *("127.0.0.1", "10.0.0.5", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
    *("::1", "fe80::1%1", "fd00::1", "::ffff:192.168.0.1"),
)


def settings_for(simulator: Simulator, *origins: str) -> Settings:
    return Settings.model_validate(
        {
            "sonauto_api_key": "key-of-the-tests",
            "external_api_url": simulator.api_url,
            "song_cdn_hosts": (simulator.origin, *origins),
            "webhook_base_url": "http://127.0.0.1:9",
        }
    )


@pytest.fixture(scope="module")
async def simulator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulator]:
    folder = tmp_path_factory.mktemp("simulator")
    async with Simulator.start(folder, delay_s=0, song_s=3) as simulator:
        yield simulator


async def order_song(songs: Sonauto) -> str:
    """Order a song and return its address."""
    task_id = await songs.generate(ORDER, "")

    async def address() -> str | None:
        return (await songs.read_generation(task_id)).song_url

    return str(await wait_until(address))


async def fetch(songs: Sonauto, renders: RenderPool, url: str, draft: Path) -> None:
    """Download a song and check that it is one, as the pipeline does."""
    await songs.download(url, draft)
    await renders.check_song(draft)


@pytest.mark.fault(35)
async def test_an_unanswered_order_is_sent_once_more_after_the_grace_period(fleet: Fleet) -> None:
    await fleet.set_faults(
        Switch(Fault.CREATE_UNANSWERED, times=1), Switch(Fault.WEBHOOK_NEVER, times=1)
    )
    session_id = await fleet.submit()

    assert (await fleet.check(ambiguous=1)).paid_twice == [session_id]

    first, second = [datetime.fromisoformat(post["at"]) for post in (await fleet.site.posts())[-2:]]
    assert (second - first).total_seconds() >= GRACE_S


@pytest.mark.fault(45)
async def test_an_impostor_host_receives_no_request(simulator: Simulator, tmp_path: Path) -> None:
    port = int(simulator.origin.rpartition(":")[2])
    async with Proxy(port) as impostor:
        origin = f"https://localhost:{impostor.port}"
        async with Sonauto(settings_for(simulator, origin)) as songs:
            before = (await simulator.ledger())["downloads"]
            with pytest.raises(SongUnusable):
                await songs.download(f"{origin}/pubapi/a.mp3", tmp_path / "draft")

    assert (await simulator.ledger())["downloads"] == before


def answers(*replies: Sequence[str]) -> Resolve:
    """Answer each address look-up in turn, and no further one."""
    remaining = iter(replies)

    async def resolve(host: str, port: int) -> Sequence[str]:
        assert (host, port) == (SONG_HOST, 443)
        return next(remaining)

    return resolve


@pytest.mark.fault(45)
@pytest.mark.parametrize("addresses", [*((one,) for one in PRIVATE), (PUBLIC, "192.168.0.1")])
async def test_a_name_with_a_private_address_receives_no_request(
    simulator: Simulator, tmp_path: Path, addresses: Sequence[str]
) -> None:
    settings = settings_for(simulator, f"https://{SONG_HOST}")
    async with (
        open_host(SONG_HOST, tmp_path) as network,
        Sonauto(settings, resolve=answers(addresses), network=network) as songs,
    ):
        with pytest.raises(SongUnusable, match="not public"):
            await songs.download(SONG_URL, tmp_path / "draft")

    assert network.asked == []


@pytest.mark.fault(45)
async def test_the_checked_address_is_the_one_connected_to(
    simulator: Simulator, tmp_path: Path
) -> None:
    rebinding = answers([PUBLIC_TOO, PUBLIC], ["127.0.0.1"])
    settings = settings_for(simulator, f"https://{SONG_HOST}")
    async with (
        open_host(SONG_HOST, tmp_path) as network,
        Sonauto(settings, resolve=rebinding, network=network) as songs,
    ):
        network.closed.add(PUBLIC_TOO)
        await songs.download(SONG_URL, tmp_path / "draft")
        with pytest.raises(SongUnusable, match="not public"):
            await songs.download(SONG_URL, tmp_path / "second")

    assert (tmp_path / "draft").read_bytes() == SONG
    assert network.asked == [PUBLIC_TOO, PUBLIC]


@pytest.mark.fault(45)
async def test_the_host_at_a_checked_address_must_prove_its_name(
    simulator: Simulator, tmp_path: Path
) -> None:
    settings = settings_for(simulator, f"https://{SONG_HOST}")
    async with (
        open_host("other.example", tmp_path) as network,
        Sonauto(settings, resolve=answers([PUBLIC]), network=network) as songs,
    ):
        with pytest.raises(SongUnusable, match="ConnectError"):
            await songs.download(SONG_URL, tmp_path / "draft")

    assert network.asked == [PUBLIC]


@pytest.mark.fault(45)
async def test_an_http_origin_is_called_as_listed(simulator: Simulator, tmp_path: Path) -> None:
    origin = f"http://{SONG_HOST}"
    async with (
        open_host(SONG_HOST, tmp_path) as network,
        Sonauto(settings_for(simulator, origin), resolve=answers(), network=network) as songs,
    ):
        with pytest.raises(SongUnusable, match="no answer"):
            await songs.download(f"{origin}/a.mp3", tmp_path / "draft")

    assert network.asked == [SONG_HOST]


@pytest.mark.fault(49)
@pytest.mark.soak
@pytest.mark.parametrize(
    "fault", [Switch(Fault.DOWNLOAD_DRIP, 100), Switch(Fault.DOWNLOAD_STALL, 1024)]
)
async def test_a_trickling_download_is_aborted(
    simulator: Simulator, tmp_path: Path, fault: Switch
) -> None:
    async with Sonauto(settings_for(simulator)) as songs:
        url = await order_song(songs)
        await simulator.set_faults(fault)
        with pytest.raises(SongUnusable, match="broke off"):
            await songs.download(url, tmp_path / "draft")
        await simulator.set_faults()


@pytest.mark.fault(48, 50)
@pytest.mark.parametrize("fault", [Switch(Fault.DOWNLOAD_GZIP, 64), Switch(Fault.DOWNLOAD_ENDLESS)])
async def test_a_song_that_inflates_when_decompressed_is_refused(
    simulator: Simulator, tmp_path: Path, fault: Switch
) -> None:
    draft = tmp_path / "draft"
    async with Sonauto(settings_for(simulator)) as songs, RenderPool() as renders:
        url = await order_song(songs)
        await simulator.set_faults(fault)
        with pytest.raises((SongUnusable, RenderError)):
            await fetch(songs, renders, url, draft)
        await simulator.set_faults()

    assert draft.stat().st_size <= MAX_SONG_BYTES
