"""A site behind nginx or Apache, and visitors who come through the proxy."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

from tests.servers import HANG_S, ReverseProxy
from tests.sites import Site, open_site

SHOP = "https://shop.example"


class Front(NamedTuple):
    """A site, the proxy in front of it, and the folder of its files."""

    site: Site
    proxy: ReverseProxy
    files: Path


@asynccontextmanager
async def open_front(kind: str) -> AsyncIterator[Front]:
    """Run a site and `kind`, which sends its files, for the duration of the block."""
    # Only root can read the tests' folders, and proxies run as another user.
    folder = Path(tempfile.mkdtemp(prefix="petsong-front-"))
    await asyncio.to_thread(folder.chmod, 0o755)
    try:
        async with open_site(
            folder,
            STORAGE_URL=f"file://{folder}/files",
            FILES_SENT_BY=kind,
            TRUSTED_PROXY_HOPS="1",
            RESULTS_PER_HOUR_PER_IP="2",
            RENDER_FORMATS="square,story",
            CORS_ORIGINS=SHOP,
        ) as site:
            port = urlsplit(site.url).port or 0
            async with ReverseProxy(kind, port, folder / "files") as proxy:
                yield Front(site, proxy, folder / "files")
    finally:
        shutil.rmtree(folder)


@asynccontextmanager
async def visit(front: Front, address: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    """A visitor with a loopback address of its own."""
    network = httpx.AsyncHTTPTransport(verify=front.proxy.trust(), local_address=address)
    async with httpx.AsyncClient(
        transport=network, base_url=front.proxy.url, timeout=HANG_S
    ) as http:
        yield http
