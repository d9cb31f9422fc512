"""The pages without JavaScript: songs can still be followed, watched, read and saved."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from server.simulator.faults import Fault, Switch
from server.simulator.generation import Status
from tests.e2e.rows import change, finish_song
from tests.e2e.visitor import Visitor, visit
from tests.sites import Site

UNKNOWN = "abcdefghijklmnopqrstuvwx"
STAGES = {
    "queued": "waiting for a free place",
    "composing": "writing and recording",
    "downloading": "collecting the tape",
    "rendering": "pressing your song",
}


@pytest.fixture
async def visitor(site: Site, browser: Browser) -> AsyncIterator[Visitor]:
    """A visitor whose browser runs no JavaScript."""
    async with visit(browser, site.url, profile={"java_script_enabled": False}) as visitor:
        yield visitor


async def shows_nothing_else(visitor: Visitor) -> None:
    """Nothing is shown that a script would have filled in, and no request was refused."""
    await expect(visitor.page.locator("main:visible")).to_have_count(1)
    await expect(visitor.page.locator("button:visible")).to_have_count(0)
    await expect(visitor.page.locator("video:visible, .record:visible")).to_have_count(1)


async def test_the_form_says_that_it_needs_scripts(visitor: Visitor) -> None:
    await visitor.open("/")

    await expect(visitor.shown("noscript")).to_contain_text("needs JavaScript")
    await expect(visitor.page.get_by_label("Pet name")).to_be_hidden()
    await expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()


async def test_each_stage_is_shown_in_words_and_reloaded(site: Site, visitor: Visitor) -> None:
    session_id = await site.submit()
    await site.wait_for(
        session_id, stage="composing", preview_url=f"/storage/preview/{session_id}.mp4"
    )
    statement = "UPDATE submissions SET stage = ? WHERE session_id = ?"

    for stage, words in STAGES.items():
        # No worker takes a row whose lease is held.
        held = (
            "UPDATE submissions SET lease_until = '2999-01-01 00:00:00+00:00' WHERE session_id = ?"
        )
        change(site, held, session_id)
        change(site, statement, stage, session_id)
        await visitor.open(f"/waiting/{session_id}")
        await expect(visitor.shown("noscript")).to_contain_text(words)
        await shows_nothing_else(visitor)
        refresh = visitor.page.locator("head meta[http-equiv=refresh]")
        await expect(refresh).to_have_attribute("content", "15")
    preview = visitor.shown("noscript-preview")
    await expect(preview).to_have_js_property("readyState", 4)
    await expect(preview).to_have_js_property("paused", False)


async def test_a_finished_song_can_be_watched_read_and_saved(site: Site, visitor: Visitor) -> None:
    await site.simulator.set_faults(Switch(Fault.TIMED_LYRICS, 1.0))
    session_id = await site.submit(pet_name="Zoë")
    await finish_song(site, session_id)
    await site.wait_for(session_id, status="success")

    await visitor.open(f"/waiting/{session_id}")
    await expect(visitor.page.locator("head meta[http-equiv=refresh]")).to_have_count(0)
    await visitor.page.get_by_role("link", name="Watch and listen").click()

    await expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Zoë & Matt")
    await shows_nothing_else(visitor)
    video = visitor.shown("noscript-video")
    await expect(video).to_have_js_property("videoWidth", 720)
    await expect(video).to_have_js_property("textTracks.length", 1)
    lyrics = visitor.page.get_by_role("region", name="Lyrics")
    await expect(lyrics.get_by_role("heading", name="Verse 1")).to_be_visible()
    await expect(lyrics).not_to_contain_text("[")
    await expect(visitor.shown("noscript")).to_contain_text("Kept until")
    for name, ending in (("Download video", ""), ("Save for Stories", "-story")):
        async with visitor.page.expect_download() as download:
            await visitor.page.get_by_role("link", name=name).click()
        assert (await download.value).suggested_filename == f"Zoë-and-Matt{ending}.mp4"


async def test_a_song_that_cannot_be_watched_is_explained(site: Site, visitor: Visitor) -> None:
    session_id = await site.submit()
    await site.wait_for(session_id, stage="composing")
    await visitor.open(f"/result/{session_id}")
    await visitor.page.get_by_role("link", name="See how far it is").click()
    await expect(visitor.shown("noscript")).to_contain_text("Your song is being made")
    await finish_song(site, session_id, Status.FAILURE)
    await site.wait_for(session_id, status="fail")

    await visitor.open(f"/waiting/{session_id}")
    await visitor.page.get_by_role("link", name="See what happened").click()
    await expect(visitor.shown("noscript")).to_contain_text("No song this time.")
    await shows_nothing_else(visitor)
    change(site, "UPDATE submissions SET expired_at = created_at WHERE session_id = ?", session_id)
    for page in ("waiting", "result"):
        await visitor.open(f"/{page}/{session_id}")
        await expect(visitor.shown("noscript")).to_contain_text("This song has faded out.")
        await visitor.open(f"/{page}/{UNKNOWN}")
        await expect(visitor.shown("noscript")).to_contain_text("We don’t know this song.")
        await shows_nothing_else(visitor)
