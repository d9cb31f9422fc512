"""How a visitor in another tab or app learns of a finished song, and shares it from there."""

import json

from playwright.async_api import expect

from tests.e2e.rows import finish_song
from tests.e2e.visitor import Visitor
from tests.sites import Site

COMPOSING = "The band is writing and recording your song."
# In a headless browser no other tab hides a page.
IN_ANOTHER_TAB = """
let isHidden = true
Object.defineProperty(document, 'visibilityState', { get: () => isHidden ? 'hidden' : 'visible' })
addEventListener('return', () => {
  isHidden = false
  document.dispatchEvent(new Event('visibilitychange'))
})
"""
NOTIFICATIONS = """
async () => {
  const registrations = await navigator.serviceWorker.getRegistrations()
  const shown = await Promise.all(registrations.map((each) => each.getNotifications()))
  return shown.flat().map(({ title, data }) => [title, data])
}
"""
# A headless browser has no share sheet; what the page would pass to it is recorded.
SHARE_SHEET = """
navigator.canShare = ({ files }) => files.every(({ type }) => type === 'video/mp4')
navigator.share = async ({ title, text, url, files }) => {
  window.shared = { title, text, url, files: files?.map(({ name, size }) => [name, size]) }
}
"""


async def test_a_hidden_page_announces_the_song_in_its_tab_and_by_notification(
    site: Site, visitor: Visitor
) -> None:
    await visitor.context.add_init_script(IN_ANOTHER_TAB)
    session_id = await visitor.order_song()
    await expect(visitor.shown("stage")).to_have_text(COMPOSING)
    await expect(visitor.shown("will-notify")).to_be_empty()
    await visitor.context.grant_permissions(["notifications"])
    await visitor.page.reload()
    await visitor.sees("will-notify", "We will notify you")

    await finish_song(site, session_id)

    await visitor.page.wait_for_url(f"**/result/{session_id}")
    await expect(visitor.page).to_have_title("Your song is ready · Petsong")
    icon = visitor.page.locator("link[rel=icon]")
    await expect(icon).to_have_attribute("href", "/favicon-ready.svg")
    assert await visitor.page.evaluate(NOTIFICATIONS) == [
        ["Your song is ready", f"/result/{session_id}"]
    ]
    await visitor.page.evaluate("dispatchEvent(new Event('return'))")
    await expect(icon).to_have_attribute("href", "/favicon.svg")


async def test_only_the_button_asks_for_notification_permission(visitor: Visitor) -> None:
    await visitor.context.add_init_script(
        "const { requestPermission } = Notification; window.asked = 0;"
        "Notification.requestPermission = () => { window.asked += 1;"
        " return requestPermission.call(Notification) }"
    )
    await visitor.order_song()
    await expect(visitor.shown("stage")).to_have_text(COMPOSING)
    assert await visitor.page.evaluate("asked") == 0

    await visitor.shown("notify").click()

    # Headless Chromium refuses on the visitor's behalf.
    await visitor.sees("will-notify", "Your browser does not allow notifications")
    assert await visitor.page.evaluate("asked") == 1


async def test_the_share_sheet_gets_the_video_file(site: Site, visitor: Visitor) -> None:
    await visitor.context.add_init_script(SHARE_SHEET)
    session_id = await visitor.order_song()
    await finish_song(site, session_id)
    video = site.folder / "video" / f"{session_id}.mp4"
    async with visitor.page.expect_response(f"**/storage/video/{session_id}.mp4"):
        await visitor.page.wait_for_url(f"**/result/{session_id}")
    await expect(visitor.shown("share")).to_be_visible()
    await visitor.page.wait_for_function("document.querySelector('[data-file]')")

    await visitor.shown("share").click()

    shared = await visitor.page.evaluate("window.shared")
    assert shared["files"] == [["Toby-and-Matt.mp4", video.stat().st_size]], json.dumps(shared)
    assert shared["text"] == f"A love song for Toby and Matt {visitor.page.url}"


async def test_without_the_video_file_the_share_sheet_gets_the_address(
    site: Site, visitor: Visitor
) -> None:
    await visitor.context.add_init_script(SHARE_SHEET + "navigator.canShare = () => false")
    session_id = await visitor.order_song()
    await finish_song(site, session_id)
    await visitor.page.wait_for_url(f"**/result/{session_id}")

    await visitor.shown("share").click()

    shared = await visitor.page.evaluate("window.shared")
    assert (shared["url"], shared.get("files")) == (visitor.page.url, None)
