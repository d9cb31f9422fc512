"""With reduced motion the page stands still until the visitor starts the record."""

from playwright.async_api import expect

from tests.e2e.test_journey import wait_until_it_plays
from tests.e2e.visitor import Visitor

LIST_MOVING = """
document.getAnimations().filter(({ playState }) => playState === 'running').map(
  ({ effect }) => effect.target.className || effect.target.localName)
"""
HAS_LOADED = "video => video.readyState === HTMLMediaElement.HAVE_ENOUGH_DATA"


async def test_nothing_moves_with_reduced_motion(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.open("/")
    assert "record-disc" in await page.evaluate(LIST_MOVING)
    await visitor.order_song()
    await wait_until_it_plays(visitor.shown("preview"))
    assert await page.evaluate(LIST_MOVING)

    await page.emulate_media(reduced_motion="reduce")
    await page.reload()
    preview = visitor.shown("preview")
    await expect(preview).to_be_visible()
    await page.wait_for_function(HAS_LOADED, arg=await preview.element_handle())
    assert await preview.evaluate("video => video.paused && video.currentTime === 0")
    assert await page.evaluate(LIST_MOVING) == []
    await page.get_by_role("button", name="Turn the record").click()
    await wait_until_it_plays(preview)

    await visitor.open("/")
    assert await page.evaluate(LIST_MOVING) == []
    await page.get_by_role("button", name="Turn the record").click()
    assert await page.evaluate(LIST_MOVING) == ["record-disc"]
    await page.get_by_role("button", name="Stop the record").click()
    assert await page.evaluate(LIST_MOVING) == []
