"""Link previews, fetched as the apps' crawlers do, behind a proxy with TLS."""

import io
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import av
import httpx
import pytest
from PIL import Image

from server.simulator.faults import Fault, Switch
from tests.integration.crawlers import CRAWLERS, Head
from tests.sites import Network, Site, open_site

PUBLIC = "https://songs.example"
UNKNOWN = "abcdefghijklmnopqrstuvwx"
LARGEST_PICTURE_BYTES = 300_000  # what WhatsApp takes
GENERIC = "A love song for you and your pet"


@pytest.fixture(scope="module")
async def proxied_site(
    module_network: Network, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    async with open_site(folder, network=module_network, TRUSTED_PROXY_HOPS="1") as site:
        yield site


@pytest.fixture
async def site(proxied_site: Site) -> AsyncIterator[Site]:
    yield proxied_site
    await proxied_site.simulator.set_faults()


async def fetch(site: Site, url: str, **headers: str) -> httpx.Response:
    """Request an absolute address as the site's proxy passes it on."""
    parts = urlsplit(url)
    passed_on = {
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Proto": parts.scheme,
        "X-Forwarded-Host": parts.netloc,
    }
    return await site.http.get(parts.path, headers=passed_on | headers)


async def read_head(site: Site, url: str, agent: str = "") -> Head:
    page = await fetch(site, url, **{"User-Agent": agent})
    assert page.headers["Content-Type"].startswith("text/html")
    return Head(page.text)


async def check_picture(site: Site, url: str, agent: str) -> None:
    """Expect a complete picture of the stated size, small enough for every app."""
    picture = await fetch(site, url, **{"User-Agent": agent, "Range": "bytes=0-524287"})
    assert picture.status_code == 206
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert picture.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert 10_000 < len(picture.content) < LARGEST_PICTURE_BYTES
    assert Image.open(io.BytesIO(picture.content)).size == (1200, 630)


async def check_video(site: Site, url: str, agent: str, size: tuple[int, int]) -> None:
    """Expect a video with sound that plays from its first bytes."""
    first = await fetch(site, url, **{"User-Agent": agent, "Range": "bytes=0-1"})
    assert (first.status_code, len(first.content)) == (206, 2)
    whole = await fetch(site, url, **{"User-Agent": agent})
    assert whole.headers["Content-Type"] == "video/mp4"
    assert whole.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    with av.open(io.BytesIO(whole.content), "r") as container:
        frames = list(container.decode(video=0))
        assert (frames[0].width, frames[0].height) == size
        assert (container.duration or 0) / av.time_base == pytest.approx(3, abs=0.3)
        container.seek(0)
        assert sum(frame.samples for frame in container.decode(audio=0)) / 44_100 == pytest.approx(
            3, abs=0.3
        )


async def test_every_app_previews_a_finished_song_with_names_card_and_video(site: Site) -> None:
    session_id = await site.submit(pet_name="Zoë", owner_name="Anna Lena")
    await site.wait_for(session_id, status="success")
    page = f"{PUBLIC}/result/{session_id}"

    for agent in CRAWLERS.values():
        for url in (page, f"{PUBLIC}/waiting/{session_id}"):
            head = await read_head(site, url, agent)
            assert head.title == "A love song for Zoë and Anna Lena · Petsong"
            for name in ("og:title", "twitter:title"):
                assert head.only(name) == "A love song for Zoë and Anna Lena"
            assert "Zoë and Anna Lena" in head.only("og:description")
            assert head.only("og:description") == head.only("description")
            assert head.only("og:site_name") == "Petsong"
            assert head.only("og:type") == "video.other"
            assert head.only("og:url") == head.canonical == page
            assert head.only("robots") == "noindex"
            assert head.only("twitter:card") == "summary_large_image"
            for name in ("og:image", "og:image:secure_url", "twitter:image"):
                assert head.only(name) == f"{PUBLIC}/storage/card/{session_id}.jpg"
            assert (head.only("og:image:width"), head.only("og:image:height")) == ("1200", "630")
            assert "Zoë" in head.only("og:image:alt")
            for name in ("og:video", "og:video:secure_url"):
                assert head.only(name) == f"{PUBLIC}/storage/teaser/{session_id}.mp4"
            assert head.only("og:video:type") == "video/mp4"
        size = int(head.only("og:video:width")), int(head.only("og:video:height"))
        await check_picture(site, head.only("og:image"), agent)
        await check_video(site, head.only("og:video"), agent, size)


async def test_no_other_link_preview_names_anybody(site: Site) -> None:
    deleted = await site.submit(cookie_id="cookie_mine")
    await site.wait_for(deleted, status="success")
    await site.http.request(
        "DELETE", f"/api/submissions/{deleted}", json={"cookie_id": "cookie_mine"}
    )
    await site.simulator.set_faults(Switch(Fault.GENERATION_FAILS))
    failed = await site.submit()
    await site.wait_for(failed, status="fail")
    await site.simulator.set_faults(Switch(Fault.GENERATION_STUCK))
    unfinished = await site.submit()
    await site.wait_for(unfinished, stage="composing")
    paths = [f"/waiting/{unfinished}", "/"]
    paths += [f"/result/{one}" for one in (unfinished, failed, deleted, UNKNOWN, "%22%3E%3Cb%3E")]

    for path in paths:
        head = await read_head(site, PUBLIC + path, CRAWLERS["WhatsApp"])
        assert head.only("og:title") == head.only("twitter:title") == GENERIC
        assert head.only("og:type") == "website"
        assert "og:video" not in head.metas
        assert head.only("og:image") == f"{PUBLIC}/card.jpg"
        expected = path if UNKNOWN not in path and "%" not in path else "/"
        assert head.only("og:url") == PUBLIC + expected
        assert head.metas["robots"] == ([] if path == "/" else ["noindex"])
        for name in ("Toby", "Matt"):
            assert name not in str(dict(head.metas)) + head.title
    await check_picture(site, f"{PUBLIC}/card.jpg", CRAWLERS["Facebook"])


async def test_without_tls_no_address_is_called_secure(site: Site) -> None:
    head = await read_head(site, "http://songs.example/")

    assert head.only("og:image") == "http://songs.example/card.jpg"
    assert "og:image:secure_url" not in head.metas
