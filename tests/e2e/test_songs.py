"""The songs made in this browser: listed live with names, poster and state, and deleted."""

import httpx
from playwright.async_api import expect

from server.simulator.generation import Status
from tests.e2e.rows import finish_song
from tests.e2e.visitor import Visitor
from tests.sites import Site


async def test_the_songs_of_this_browser_are_listed_and_followed(
    site: Site, visitor: Visitor
) -> None:
    session_id = await visitor.order_song()
    failed_id = await visitor.order_song()
    await finish_song(site, failed_id, Status.FAILURE)
    await visitor.page.wait_for_url(f"**/result/{failed_id}")

    await visitor.open("/")
    songs = visitor.shown("songs").get_by_role("listitem")
    await expect(songs).to_have_count(2)
    await expect(songs.nth(0)).to_contain_text("Toby & Matt")
    await expect(songs.nth(0)).to_contain_text("No song this time")
    await expect(songs.nth(1)).to_contain_text("Being composed")
    await finish_song(site, session_id)
    await expect(songs.nth(1)).to_contain_text("Ready")
    width = "image => image.decode().then(() => image.naturalWidth)"
    assert await songs.nth(1).locator("img").evaluate(width) > 0
    await songs.nth(1).get_by_role("link").click()

    await visitor.page.wait_for_url(f"**/result/{session_id}")
    await expect(visitor.shown("success")).to_be_visible()


async def test_only_the_browser_that_made_a_song_can_delete_it_for_everybody(
    site: Site, visitor: Visitor
) -> None:
    session_id = await visitor.order_song()
    await finish_song(site, session_id)
    await expect(visitor.shown("kept-until")).to_contain_text("Kept until")

    await visitor.shown("delete").click()
    await visitor.shown("delete-dialog").get_by_role("button", name="Keep it").click()
    await expect(visitor.shown("success")).to_be_visible()
    await visitor.shown("delete").click()
    await visitor.shown("delete-now").click()

    await visitor.sees("expired", "This song has faded out.")
    async with httpx.AsyncClient(base_url=site.url, trust_env=False) as friend:
        assert (await friend.get(f"/api/results/{session_id}")).status_code == 410
        assert (await friend.get(f"/storage/video/{session_id}.mp4")).status_code == 404
    assert not list(site.folder.glob(f"*/{session_id}*"))
    await visitor.open("/")
    await expect(visitor.page.get_by_label("Pet name")).to_be_visible()
    assert (await visitor.submission_log())["entries"] == []


async def test_a_friend_is_offered_no_way_to_delete_a_song(site: Site, visitor: Visitor) -> None:
    session_id = await site.submit()
    await finish_song(site, session_id)
    await site.wait_for(session_id, status="success")

    await visitor.open(f"/result/{session_id}")

    await expect(visitor.shown("success")).to_be_visible()
    await expect(visitor.shown("delete")).to_be_hidden()
