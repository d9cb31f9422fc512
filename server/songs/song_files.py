"""Downloads songs from the hosts listed in SONG_CDN_HOSTS.

Bound: `https://` names only at public addresses, no redirects, limited size and total time, and
never the API key.
"""

import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from server.errors import SongHostAway, SongUnusable
from server.songs.public_addresses import PublicAddresses, Resolve

MAX_SONG_BYTES: Final = 30 << 20
DOWNLOAD_DEADLINE_S: Final = 120
NO_SONG_TYPES: Final = ("text/", "application/json", "application/xml", "application/problem")
"""Content types of error pages, whatever their status."""


class SongFiles:
    """A client for song hosts; `resolve` and `network` determine how they are contacted."""

    def __init__(
        self,
        origins: frozenset[str],
        resolve: Resolve,
        network: httpx.AsyncBaseTransport | None,
    ) -> None:
        self._origins = origins
        self._files = httpx.AsyncClient(
            headers={"Accept-Encoding": "identity"},
            timeout=httpx.Timeout(10, read=30),
            transport=PublicAddresses(resolve, network),
        )

    async def close(self) -> None:
        await self._files.aclose()

    async def download(self, url: str, draft: Path) -> None:
        """Download the song at `url` to `draft`, completely or with an error.

        Raises SongUnusable, SongHostAway, or OSError if the disk is full.
        """
        check_origin(url, self._origins)
        has_answered = False
        try:
            async with asyncio.timeout(DOWNLOAD_DEADLINE_S), self._files.stream("GET", url) as file:
                has_answered = True
                _raise_for_file(file)
                size = 0
                with draft.open("wb") as target:
                    async for chunk in file.aiter_raw():
                        size += len(chunk)
                        if size > MAX_SONG_BYTES:
                            raise SongUnusable("the song is larger than 30 MB", is_final=True)
                        target.write(chunk)
        except (httpx.HTTPError, TimeoutError) as error:
            if not has_answered:
                raise SongHostAway(f"song host gave no answer: {type(error).__name__}") from error
            raise SongUnusable(f"download broke off: {type(error).__name__}") from error


def check_origin(url: str, origins: frozenset[str]) -> None:
    """Raise SongHostAway unless the origin of `url` is listed.

    The song is paid for, and the service may have moved to a new host: an operator can still add
    it.
    """
    try:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
    except ValueError as error:
        raise SongHostAway("the song's address is not a URL") from error
    if origin not in origins:
        raise SongHostAway(f"{origin[:100]!r} is not in SONG_CDN_HOSTS")


def _raise_for_file(response: httpx.Response) -> None:
    status = response.status_code
    is_away = status >= HTTPStatus.INTERNAL_SERVER_ERROR or response.is_redirect
    if is_away or status == HTTPStatus.TOO_MANY_REQUESTS:
        raise SongHostAway(f"song answered {status}")
    if status == HTTPStatus.GONE:
        raise SongUnusable(f"song answered {status}", is_final=True)
    if status != HTTPStatus.OK:
        raise SongUnusable(f"song answered {status}")
    kind = response.headers.get("Content-Type", "").lower()
    if kind.startswith(NO_SONG_TYPES):
        raise SongUnusable(f"song answered with {kind[:60]!r}")
