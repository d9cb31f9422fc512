"""The waiting page shows the right picture again, whatever happened to the connection."""

import re
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.e2e.conftest import NEVER_S
from tests.e2e.rows import finish_song
from tests.e2e.visitor import Visitor, visit
from tests.integration.pipeline.test_push import open_browser
from tests.sites import USUAL, Site, open_site

COMPOSING = "The band is writing and recording your song."
# As behind a proxy without WebSocket support: the upgrade gets a plain 404.
SOCKETS_LEAD_NOWHERE = """
window.WebSocket = class extends WebSocket {
  constructor(url) {
    super(url.replace('/socket.io/', '/nowhere/'))
  }
}
"""
RECONNECTING = re.compile("^Reconnecting")


async def test_a_song_continues_after_the_site_is_killed(site: Site, visitor: Visitor) -> None:
    session_id = await visitor.order_song()
    await expect(visitor.shown("stage")).to_have_text(COMPOSING)

    site.processes["web"].kill()
    await expect(visitor.shown("connection")).to_have_text(RECONNECTING)
    await expect(visitor.shown("stage")).to_have_text(COMPOSING)
    await site.processes["web"].start()
    await expect(visitor.shown("connection")).to_be_empty()
    await expect(visitor.shown("stage")).to_have_text(COMPOSING)
    await finish_song(site, session_id)

    await visitor.page.wait_for_url(f"**/result/{session_id}")
    await expect(visitor.shown("success")).to_be_visible()
    assert visitor.percents == sorted(visitor.percents)
    assert visitor.navigations[1:] == [f"/waiting/{session_id}", f"/result/{session_id}"]


async def test_a_song_that_ended_while_offline_is_shown_afterwards(
    site: Site, visitor: Visitor
) -> None:
    session_id = await visitor.order_song()
    await expect(visitor.shown("stage")).to_have_text(COMPOSING)

    await visitor.context.set_offline(True)
    await expect(visitor.shown("connection")).to_have_text(RECONNECTING)
    await finish_song(site, session_id)
    await site.wait_for(session_id, status="success")
    await expect(visitor.shown("stage")).to_have_text(COMPOSING)
    await visitor.context.set_offline(False)

    await visitor.page.wait_for_url(f"**/result/{session_id}")
    await expect(visitor.shown("success")).to_be_visible()
    assert visitor.percents == sorted(visitor.percents)


async def test_a_reload_shows_the_same_stage(site: Site, visitor: Visitor) -> None:
    session_id = await visitor.order_song()
    await expect(visitor.shown("stage")).to_have_text(COMPOSING)
    await expect(visitor.shown("preview")).to_be_visible()

    await visitor.page.reload()
    await expect(visitor.shown("stage")).to_have_text(COMPOSING)
    await expect(visitor.shown("preview")).to_be_visible()
    await expect(visitor.shown("steps").locator("[aria-current=step]")).to_have_text("Composing")
    await finish_song(site, session_id)

    await visitor.page.wait_for_url(f"**/result/{session_id}")


async def test_without_a_socket_the_page_polls_over_http(site: Site, visitor: Visitor) -> None:
    await visitor.context.add_init_script(SOCKETS_LEAD_NOWHERE)
    await visitor.page.clock.install()
    session_id = await visitor.order_song()
    await expect(visitor.shown("connection")).to_have_text(RECONNECTING)
    await visitor.page.clock.fast_forward(3_000)
    await expect(visitor.shown("stage")).to_have_text(COMPOSING)

    await finish_song(site, session_id)
    await site.wait_for(session_id, status="success")
    await visitor.page.clock.fast_forward(10_000)

    await visitor.page.wait_for_url(f"**/result/{session_id}")
    await expect(visitor.shown("success")).to_be_visible()
    assert visitor.asked(f"GET {site.url}/api/submissions/{session_id}")


async def test_a_page_refused_a_socket_polls_over_http(browser: Browser, tmp_path: Path) -> None:
    async with (
        open_site(tmp_path, delay_s=NEVER_S, **USUAL, SOCKETS_PER_IP="1") as site,
        open_browser(site),
        visit(browser, site.url) as visitor,
    ):
        await visitor.page.clock.install()
        session_id = await visitor.order_song()
        await expect(visitor.shown("connection")).to_have_text(RECONNECTING)
        await visitor.page.clock.fast_forward(3_000)
        await expect(visitor.shown("stage")).to_have_text(COMPOSING)

        await finish_song(site, session_id)
        await site.wait_for(session_id, status="success")
        await visitor.page.clock.fast_forward(10_000)

        await visitor.page.wait_for_url(f"**/result/{session_id}")
        assert "socket_refused" in site.output()


async def test_a_long_wait_is_explained_and_continues(site: Site, visitor: Visitor) -> None:
    await visitor.page.clock.install()
    session_id = await visitor.order_song()
    await expect(visitor.shown("stage")).to_have_text(COMPOSING)
    await expect(visitor.shown("long-wait")).to_be_hidden()

    await visitor.page.clock.fast_forward("05:10")
    await visitor.sees("long-wait", "Processing is taking longer than expected")
    await expect(visitor.shown("long-wait").get_by_role("link")).to_have_text(visitor.page.url)
    await finish_song(site, session_id)

    await visitor.page.wait_for_url(f"**/result/{session_id}")
