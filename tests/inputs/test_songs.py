"""Song addresses and files that must not be used, tested at the functions that refuse them."""

from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from renderer import BadSong
from renderer.audio import check_song
from server.errors import SongUnusable
from server.settings import Settings
from server.songs.public_addresses import PublicAddresses
from server.songs.sonauto import Sonauto
from server.songs.song_files import check_origin
from tests.inputs.lines import read_bytes, read_lines

ORIGINS = frozenset(Settings.model_fields["song_cdn_hosts"].default)
SONG = "https://cdn.sonauto.ai/audio.mp3"


class Nowhere(httpx.AsyncBaseTransport):
    """A network that records what is sent into it."""

    def __init__(self) -> None:
        self.hosts: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Record the host and answer with nothing."""
        self.hosts.append(request.url.host)
        return httpx.Response(200)


@pytest.mark.fault(44)
async def test_no_other_address_is_contacted(tmp_path: Path) -> None:
    network, draft = Nowhere(), tmp_path / "draft"
    urls = [line["url"] for line in read_lines("urls") if "url" in line]

    async with Sonauto(Settings.model_construct(), network=network) as songs:
        for url in urls:
            with pytest.raises(SongUnusable) as refusal:
                await songs.download(url, draft)
            assert not refusal.value.is_final, url

    assert network.hosts == []
    assert not draft.exists()
    check_origin(SONG, ORIGINS)


@pytest.mark.fault(45)
async def test_a_name_with_a_private_address_is_not_connected_to() -> None:
    network = Nowhere()
    found: Sequence[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        return found

    async with httpx.AsyncClient(transport=PublicAddresses(resolve, network)) as client:
        for line in read_lines("urls"):
            if "addresses" in line:
                found = line["addresses"]
                with pytest.raises(SongUnusable, match="not public"):
                    await client.get(SONG)
        assert network.hosts == []
        found = ["1.1.1.1"]
        await client.get(SONG)

    assert network.hosts == ["1.1.1.1"]


@pytest.mark.fault(47, 48)
def test_hostile_songs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    used = []
    for line in read_lines("audio"):
        path.write_bytes(read_bytes(line))
        try:
            check_song(path)
        except BadSong:
            continue
        used.append(line)

    assert not used
