"""Every state of every page on a phone and on a desk: nothing is wider than the screen.

The pictures are left in tests/e2e/screenshots for whoever wants to look.
"""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from server.simulator.generation import Status
from tests.e2e.photos import phone_photo
from tests.e2e.rows import finish_song
from tests.e2e.test_waiting import COMPOSING
from tests.e2e.visitor import Visitor, visit
from tests.sites import Site

FOLDER = Path(__file__).parent / "screenshots"
WIDE = "document.documentElement.scrollWidth - innerWidth"
UNKNOWN = "abcdefghijklmnopqrstuvwx"


async def look(visitor: Visitor, state: str) -> None:
    """Take a picture of the whole page, from its top."""
    size = visitor.page.viewport_size
    assert size
    assert await visitor.page.evaluate(WIDE) <= 0, f"{state} is wider than {size['width']} px"
    await visitor.page.evaluate("scrollTo(0, 0)")
    await visitor.page.screenshot(path=FOLDER / f"{state}-{size['width']}.png", full_page=True)


@pytest.fixture(params=[(360, 740), (1440, 900)], ids=["phone", "desk"])
def screen(request: pytest.FixtureRequest) -> dict[str, object]:
    width, height = request.param
    return {"viewport": {"width": width, "height": height}, "reduced_motion": "reduce"}


async def test_the_form(site: Site, browser: Browser, screen: dict[str, object]) -> None:
    async def refuse(route: Route) -> None:
        await route.abort("connectionrefused")

    async with visit(browser, site.url, profile=screen) as visitor:
        await visitor.open("/")
        await look(visitor, "form")
        await visitor.submit()
        await expect(visitor.message("owner_name")).not_to_be_empty()
        await look(visitor, "form-mistakes")
        await visitor.choose_photo(phone_photo())
        await expect(visitor.shown("crop-dialog")).to_be_visible()
        await look(visitor, "crop")
        await visitor.shown("crop-accept").click()
        await expect(visitor.shown("photo-preview")).to_be_visible()
        await visitor.fill_in()
        await visitor.page.route("**/api/submissions", refuse)
        await visitor.submit()
        await visitor.sees("toast", "Try again")
        await look(visitor, "form-unreachable")


async def test_the_form_when_sold_out(
    site: Site, browser: Browser, screen: dict[str, object]
) -> None:
    async with visit(browser, site.url, profile=screen) as visitor:
        await visitor.remember(f"cookie_{'g' * 24}", entries=10)
        await visitor.open("/")
        await visitor.sees("sold-out", "sold out")
        await look(visitor, "sold-out")
        await visitor.page.get_by_role("button", name="Close").click()
        await look(visitor, "form-songs")


async def test_the_waiting_page(site: Site, browser: Browser, screen: dict[str, object]) -> None:
    async with visit(browser, site.url, profile=screen) as visitor:
        await visitor.page.clock.install()
        await visitor.order_song()
        await look(visitor, "waiting")
        await expect(visitor.shown("stage")).to_have_text(COMPOSING)
        await expect(visitor.shown("preview")).to_be_visible()
        await look(visitor, "waiting-preview")
        await visitor.page.clock.fast_forward("05:10")
        await expect(visitor.shown("long-wait")).to_be_visible()
        await look(visitor, "waiting-long")
        await visitor.open(f"/waiting/{UNKNOWN}")
        await expect(visitor.shown("missing")).to_be_visible()
        await look(visitor, "waiting-missing")


async def test_the_result_page(site: Site, browser: Browser, screen: dict[str, object]) -> None:
    async with visit(browser, site.url, profile=screen) as visitor:
        session_id = await visitor.order_song()
        await finish_song(site, session_id)
        await expect(visitor.shown("success")).to_be_visible()
        await look(visitor, "result")
        await visitor.shown("video").evaluate("video => { video.muted = true; video.play() }")
        await look(visitor, "result-playing")

        session_id = await site.submit(pet_name="Maximiliane " * 8, owner_name="W" * 100)
        await finish_song(site, session_id)
        await site.wait_for(session_id, status="success")
        await visitor.open(f"/result/{session_id}")
        await expect(visitor.shown("success")).to_be_visible()
        await look(visitor, "result-long-names")

        session_id = await site.submit()
        await finish_song(site, session_id, Status.FAILURE)
        await site.wait_for(session_id, status="fail")
        await visitor.open(f"/result/{session_id}")
        await expect(visitor.shown("failure")).to_be_visible()
        await look(visitor, "result-failure")
        await visitor.open(f"/result/{UNKNOWN}")
        await expect(visitor.shown("missing")).to_be_visible()
        await look(visitor, "result-missing")


async def test_the_other_pages(site: Site, browser: Browser, screen: dict[str, object]) -> None:
    async with visit(browser, site.url, profile=screen) as visitor:
        for path in ("docs", "terms", "privacy", "nowhere"):
            await visitor.open(f"/{path}")
            await look(visitor, path)
