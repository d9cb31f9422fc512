"""What the site says about itself: where its songs come from, and what its API is."""

from pathlib import Path

from playwright.async_api import Browser, expect

from server.settings import Settings
from tests.e2e.rows import finish_song
from tests.e2e.visitor import Visitor, visit
from tests.servers import ChildServer, free_port
from tests.sites import PETSONG, Site


async def test_the_demo_says_that_its_songs_are_simulated(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    unset = dict.fromkeys((name.upper() for name in Settings.model_fields), "")
    demo = ChildServer(
        [*PETSONG, "serve"],
        log_path=tmp_path / "web.log",
        folder=tmp_path,
        environment={**unset, "PORT": str(port)},
        ready_url=f"{url}/api/health/live",
    )
    async with demo, visit(browser, url) as visitor:
        for path in ("/", "/waiting/unknown", "/result/unknown"):
            await visitor.open(path)
            await visitor.sees("simulated", "built-in demo composer")
    demo.check_output()


async def test_a_site_with_a_key_does_not_mention_a_demo(visitor: Visitor) -> None:
    await visitor.open("/")

    await expect(visitor.shown("attribution")).to_be_visible()
    await expect(visitor.shown("simulated")).to_be_hidden()


async def test_no_page_of_the_journey_calls_another_host(site: Site, visitor: Visitor) -> None:
    session_id = await visitor.order_song()
    await expect(visitor.shown("preview")).to_be_visible()
    await finish_song(site, session_id)
    await visitor.page.wait_for_url(f"**/result/{session_id}")
    await expect(visitor.shown("success")).to_be_visible()
    for path in ("/terms", "/privacy", "/nowhere"):
        await visitor.open(path)

    own_host = visitor.url.removeprefix("http:")
    assert len(visitor.requests) > 10
    assert not [line for line in visitor.requests if own_host not in line]


async def test_the_documentation_calls_no_other_host(visitor: Visitor) -> None:
    await visitor.open("/docs")

    await expect(visitor.page.get_by_role("heading", name="POST /api/submissions")).to_be_visible()
    own_host = visitor.url.removeprefix("http:")
    assert visitor.requests
    assert not [line for line in visitor.requests if own_host not in line]
