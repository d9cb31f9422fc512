"""The result page of songs that failed, are unknown, or were named by an attacker."""

import pytest
from playwright.async_api import expect

from server.simulator.generation import Status
from tests.e2e.rows import change, finish_song, rename
from tests.e2e.visitor import Visitor
from tests.sites import Site

UNKNOWN_IDS = ["abcdefghijklmnopqrstuvwx", "1", "%3Cscript%3Ealert(1)", "{{7*7}}"]
SCRIPT = "<script>document.title = 'taken'</script>"
IMAGE = "<img src=x onerror=\"document.title='taken'\">"


async def test_a_failed_song_is_explained_and_leads_back_to_the_form(
    site: Site, visitor: Visitor
) -> None:
    session_id = await visitor.order_song()
    await finish_song(site, session_id, Status.FAILURE)

    await visitor.page.wait_for_url(f"**/result/{session_id}")
    await expect(visitor.shown("failure-reason")).to_have_text(
        "We couldn’t generate your song. Please try again with different inputs."
    )
    await visitor.page.get_by_role("link", name="Retake the journey").click()

    await visitor.page.wait_for_url(f"{site.url}/")
    await expect(visitor.page.get_by_label("Pet name")).to_have_value("Toby")
    await expect(visitor.shown("photo-preview")).to_be_visible()
    await visitor.submit()
    await visitor.page.wait_for_url("**/waiting/*")
    assert visitor.session_id != session_id


@pytest.mark.parametrize("page", ["waiting", "result"])
async def test_an_unknown_song_is_reported_as_unknown(visitor: Visitor, page: str) -> None:
    for session_id in UNKNOWN_IDS:
        await visitor.open(f"/{page}/{session_id}")
        await visitor.sees("missing", "We don’t know this song.")

    await visitor.shown("missing").get_by_role("link").click()
    await visitor.page.wait_for_url(f"{visitor.url}/")


async def test_names_and_lyrics_are_always_shown_as_text(site: Site, visitor: Visitor) -> None:
    session_id = await site.submit()
    await finish_song(site, session_id)
    await site.wait_for(session_id, status="success")
    rename(site, session_id, SCRIPT, "{{7*7}}${7*7}")
    lyrics = f"[{IMAGE}]\n{SCRIPT}\n{{{{7*7}}}}"
    change(site, "UPDATE submissions SET lyrics = ? WHERE session_id = ?", lyrics, session_id)

    await visitor.open(f"/result/{session_id}")

    await expect(visitor.shown("couple")).to_have_text(f"{SCRIPT} & {{{{7*7}}}}${{7*7}}")
    for line in (IMAGE, SCRIPT, "{{7*7}}"):
        await expect(visitor.shown("lyrics").get_by_text(line, exact=True)).to_be_visible()
    await expect(visitor.page.locator("main :is(script, img)")).to_have_count(0)
    await expect(visitor.page).to_have_title("Your song is ready · Petsong")


async def test_a_song_past_its_retention_is_reported_as_gone(site: Site, visitor: Visitor) -> None:
    session_id = await site.submit()
    await finish_song(site, session_id)
    await site.wait_for(session_id, status="success")
    change(site, "UPDATE submissions SET expired_at = created_at WHERE session_id = ?", session_id)

    await visitor.open(f"/result/{session_id}")

    await visitor.sees("expired", "This song has faded out.")
