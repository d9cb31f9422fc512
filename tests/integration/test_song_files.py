"""Song files: only from listed origins, complete, and without the key."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.errors import (
    SongUnusable,
)
from server.simulator.client import Simulator
from server.simulator.faults import Fault, Switch
from server.songs.sonauto import Sonauto
from server.songs.song_files import check_origin
from tests.integration.test_sonauto import finished_song, settings_for


@pytest.fixture(scope="module")
async def simulator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Simulator]:
    folder = tmp_path_factory.mktemp("simulator")
    async with Simulator.start(folder, delay_s=0, song_s=3) as simulator:
        yield simulator


@pytest.fixture
async def songs(simulator: Simulator) -> AsyncIterator[Sonauto]:
    async with Sonauto(settings_for(simulator.api_url, simulator.origin)) as songs:
        yield songs
    await simulator.set_faults()


async def test_a_song_is_fetched_whole_and_without_the_key(
    songs: Sonauto, simulator: Simulator, tmp_path: Path
) -> None:
    draft = tmp_path / "song.part"

    await songs.download(await finished_song(songs), draft)

    assert draft.stat().st_size > 10_000
    assert not (await simulator.ledger())["authorization_seen_on_download"]


@pytest.mark.parametrize(
    ("fault", "is_final"),
    [
        (Switch(Fault.DOWNLOAD_STATUS, 404), False),
        (Switch(Fault.DOWNLOAD_STATUS, 403), False),
        (Switch(Fault.DOWNLOAD_STATUS, 410), True),
        (Switch(Fault.DOWNLOAD_STATUS, 500), False),
        (Switch(Fault.DOWNLOAD_TRUNCATED, 0.5), False),
        (Switch(Fault.DOWNLOAD_RESET, 0.5), False),
    ],
)
async def test_a_corrupt_download_is_refused(
    songs: Sonauto, simulator: Simulator, tmp_path: Path, fault: Switch, is_final: bool
) -> None:
    url = await finished_song(songs)
    await simulator.set_faults(fault)

    with pytest.raises(SongUnusable) as failure:
        await songs.download(url, tmp_path / "song.part")

    assert failure.value.is_final is is_final


@pytest.mark.fault(46)
async def test_a_redirect_is_not_followed_even_to_a_good_song(
    songs: Sonauto, simulator: Simulator, tmp_path: Path
) -> None:
    first, second = await finished_song(songs), await finished_song(songs)
    await simulator.set_faults(Switch(Fault.DOWNLOAD_REDIRECT, second, times=1))

    with pytest.raises(SongUnusable):
        await songs.download(first, tmp_path / "song.part")


@pytest.mark.fault(44)
@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.sonauto.ai/a.mp3",
        "https://cdn.sonauto.ai.evil.example/a.mp3",
        "https://cdn.sonauto.ai@127.0.0.1/a.mp3",
        "https://cdn.sonauto.ai:22/a.mp3",
        "https://cdn.sonauto.ai./a.mp3",
        "https://127.0.0.1/a.mp3",
        "https://[::ffff:7f00:1]/a.mp3",
        "https://169.254.169.254/latest/meta-data",
        "https://0x7f.1/a.mp3",
        "file:///etc/passwd",
        "//cdn.sonauto.ai/a.mp3",
        "pubapi/a.mp3",
        "https://[",
        "",
    ],
)
def test_only_the_listed_origins_are_contacted(url: str) -> None:
    with pytest.raises(SongUnusable) as refusal:
        check_origin(url, frozenset({"https://cdn.sonauto.ai"}))

    assert not refusal.value.is_final, "it is paid for, and an operator may list its host"


def test_a_listed_origin_is_contacted() -> None:
    check_origin("https://cdn.sonauto.ai/pubapi/a.mp3", frozenset({"https://cdn.sonauto.ai"}))
