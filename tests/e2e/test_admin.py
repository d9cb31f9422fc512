"""The admin page in a browser: behind its login, live, and with actions for each submission."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import socketio
from playwright.async_api import Browser, Page, expect

from realtime.events import Event
from server.simulator.faults import Fault, Switch
from tests.e2e.conftest import PASSWORD
from tests.e2e.keyboard import press
from tests.e2e.rows import finish_song
from tests.sites import Site, open_site

LOGIN = httpx.BasicAuth("admin", PASSWORD)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path, delay_s=3600, ADMIN_PASSWORD=PASSWORD) as site:
        yield site


@pytest.fixture
async def page(site: Site, browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(
        base_url=site.url, http_credentials={"username": "admin", "password": PASSWORD}
    )
    # The page polls only when told to, so whatever it shows came by push.
    await context.add_init_script(
        "const wait = window.setTimeout;"
        "window.setTimeout = (work, ms) => ms === 10000 ? 0 : wait(work, ms)"
    )
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    yield page
    await context.close()
    assert complaints == []


async def test_the_operator_follows_one_song_and_stops_another(site: Site, page: Page) -> None:
    await page.goto("/admin")
    await expect(page.get_by_test_id("connection")).to_have_text("Live")
    song, other = await site.submit(seed=1), await site.submit(seed=2)
    row = page.locator(f"tr[data-submission={song[:8]}]")
    await expect(row.get_by_test_id("row-stage")).to_have_text("composing")
    await expect(page.get_by_test_id("count-composing")).to_have_text("2")

    # From here on the page polls only when told to, so whatever follows came by push.
    await page.evaluate(
        "window.setTimeout = (work, ms) => ms < 5000 ? requestIdleCallback(work) : 0"
    )
    page.on("dialog", lambda dialog: dialog.accept())
    await (
        page.locator(f"tr[data-submission={other[:8]}]").get_by_role("button", name="Stop").click()
    )
    await expect(page.get_by_test_id("failures")).to_contain_text(other[:8])
    await expect(page.get_by_test_id("failures")).to_contain_text("stopped")
    await site.wait_for(other, status="fail", failure_reason="stopped")

    await finish_song(site, song)
    await expect(page.get_by_test_id("count-ready")).to_have_text("1")
    await expect(row).to_have_count(0)


async def test_a_song_can_be_stopped_with_the_keyboard_alone(site: Site, page: Page) -> None:
    song = await site.submit()
    await page.goto("/admin")
    row = page.locator(f"tr[data-submission={song[:8]}]")
    page.on("dialog", lambda dialog: dialog.accept())

    await press(page, row.get_by_role("button", name=f"Stop {song[:8]}"))

    await site.wait_for(song, status="fail", failure_reason="stopped")
    await expect(page.get_by_test_id("failures")).to_contain_text(song[:8])


async def test_the_operator_sees_why_orders_stopped_and_why_songs_failed(
    site: Site, page: Page
) -> None:
    words = "Blocked by <b>policy</b>"
    await site.simulator.set_faults(Switch(Fault.API_KEY_REFUSED))
    song = await site.submit()
    await page.goto("/admin")

    stopped = page.get_by_test_id("stopped-orders")
    await expect(stopped).to_contain_text("Orders are stopped")
    await expect(stopped).to_contain_text("Invalid API key format")

    await site.simulator.set_faults(
        Switch(Fault.DETAIL_FIELDS, {"status": "FAILURE", "error_message": words})
    )
    await site.wait_for(song, status="fail")
    await page.reload()
    await expect(stopped).to_be_empty()
    await expect(page.get_by_test_id("failures")).to_contain_text(words)


async def test_joining_the_operators_room_takes_a_ticket(site: Site) -> None:
    async def ask(ticket: object) -> object:
        return await socket.call(Event.OPERATE, {"ticket": ticket})

    socket = socketio.AsyncSimpleClient()
    await socket.connect(site.url, transports=["websocket"])
    try:
        refused = [await ask(ticket) for ticket in (None, 1, "", "9999999999.00")]
        given = (await site.http.get("/api/admin/ticket", auth=LOGIN)).json()["ticket"]

        assert refused == [{"error": "refused"}] * 4
        assert await ask(given) == {}
        await site.submit()
        assert await socket.receive(timeout=30) == [Event.CHANGED, {}]
    finally:
        await socket.disconnect()
    metrics = (await site.http.get("/metrics", auth=LOGIN)).text
    assert 'petsong_push_seconds{phase="push",quantile="0.5"}' in metrics
