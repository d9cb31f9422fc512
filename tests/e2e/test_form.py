"""The form reports every mistake beside its field, loses no input, and orders one song only."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from tests.e2e.rows import change
from tests.e2e.visitor import Visitor, visit
from tests.sites import Site, open_site

RouteHandler = Callable[[Route], Awaitable[None]]

SOLD_OUT = "Sorry, we’re all sold out!"


async def test_an_empty_form_shows_what_every_field_needs(visitor: Visitor) -> None:
    await visitor.open("/")
    await visitor.submit()

    await expect(visitor.message("pet_name")).to_have_text("Please enter your pet’s name.")
    await expect(visitor.message("pet_type")).to_have_text("Please choose a pet type.")
    await expect(visitor.message("photo")).to_have_text("Please add a photo of your pet.")
    await expect(visitor.message("music_vibe")).to_have_text("Please choose a music vibe.")
    await expect(visitor.message("owner_name")).to_have_text("Please enter your name.")
    await expect(visitor.page.get_by_label("Pet name")).to_be_focused()
    assert not visitor.asked("POST")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("T", "Please use at least 2 letters."),
        ("Toby 2", "Please use letters and spaces only."),
        ("<script>", "Please use letters and spaces only."),
        ("T" * 101, "Please use at most 100 letters."),
    ],
)
async def test_an_invalid_name_is_reported_when_its_field_loses_focus(
    visitor: Visitor, name: str, message: str
) -> None:
    await visitor.open("/")
    await visitor.fill_in(pet_name=name)
    await expect(visitor.message("pet_name")).to_have_text(message)

    await visitor.page.get_by_label("Pet name").fill("Søren Åse")
    await expect(visitor.message("pet_name")).to_be_empty()


async def answer_500(route: Route) -> None:
    await route.fulfill(status=500, json={"success": False, "message": "The studio is shut."})


async def answer_503(route: Route) -> None:
    await route.fulfill(status=503, body="<html>no JSON</html>")


async def not_reached(route: Route) -> None:
    await route.abort("connectionrefused")


async def lost_answer(route: Route) -> None:
    await route.fetch()
    await route.abort("connectionreset")


@pytest.mark.parametrize(
    ("owner_name", "fail", "message"),
    [
        ("Ada", answer_500, "The studio is shut."),
        ("Ben", answer_503, "We could not reach our studio."),
        ("Cleo", not_reached, "We could not reach our studio."),
        ("Dan", lost_answer, "We could not reach our studio."),
    ],
)
async def test_a_retry_after_a_failure_orders_one_song(
    site: Site, visitor: Visitor, owner_name: str, fail: RouteHandler, message: str
) -> None:
    tries: list[str | None] = []

    async def fail_once(route: Route) -> None:
        tries.append(route.request.headers.get("idempotency-key"))
        await (fail(route) if len(tries) == 1 else route.continue_())

    await visitor.page.route("**/api/submissions", fail_once)
    await visitor.open("/")
    await visitor.crop_photo()
    await visitor.fill_in(owner_name=owner_name)
    await visitor.submit()

    toast = visitor.shown("toast")
    await visitor.sees("toast", message)
    await expect(visitor.page.get_by_label("Your name")).to_have_value(owner_name)
    await toast.get_by_role("button", name="Try again").click()
    await visitor.page.wait_for_url("**/waiting/*")

    await site.wait_for(visitor.session_id, stage="composing")
    assert len([post for post in await site.posts() if owner_name in post["prompt"]]) == 1
    statement = "SELECT session_id, cookie_id FROM submissions WHERE owner_name = ?"
    log = await visitor.submission_log()
    # The browser deletes the song later by its cookie_id, whichever answer was lost.
    assert change(site, statement, owner_name) == [(visitor.session_id, log["cookie_id"])]
    assert len(tries) == 2
    assert len(set(tries)) == 1
    assert [entry["session_id"] for entry in log["entries"]] == [visitor.session_id]


async def test_the_server_refuses_an_eleventh_song(site: Site, visitor: Visitor) -> None:
    cookie_id = f"cookie_{'e' * 24}"
    change(site, "INSERT INTO cookie_quotas (cookie_id, used) VALUES (?, 10)", cookie_id)
    await visitor.remember(cookie_id, entries=0)

    await visitor.open("/")
    await visitor.crop_photo()
    await visitor.fill_in()
    await visitor.submit()

    await visitor.sees("sold-out", SOLD_OUT)
    assert len(visitor.asked("POST")) == 1
    assert [line.rpartition(" ")[2] for line in visitor.refused] == ["429"]


async def test_the_page_does_not_send_an_eleventh_song(visitor: Visitor) -> None:
    await visitor.remember(f"cookie_{'f' * 24}", entries=10)

    await visitor.open("/")
    await visitor.sees("sold-out", SOLD_OUT)
    await visitor.page.get_by_role("button", name="Close").click()
    await visitor.submit()

    await visitor.sees("sold-out", SOLD_OUT)
    assert not visitor.asked("POST")
    await expect(visitor.shown("songs").get_by_role("link")).to_have_count(10)


async def test_the_page_uses_the_sites_own_limit(tmp_path: Path, browser: Browser) -> None:
    async with open_site(tmp_path, FORM_SUBMIT_RETRY="12") as site:
        async with visit(browser, site.url) as visitor:
            await visitor.remember(f"cookie_{'a' * 24}", entries=11)
            await visitor.open("/")
            await visitor.submit()
            await expect(visitor.message("pet_name")).to_have_text("Please enter your pet’s name.")
            await expect(visitor.shown("sold-out")).to_be_hidden()

        async with visit(browser, site.url) as visitor:
            await visitor.remember(f"cookie_{'b' * 24}", entries=12)
            await visitor.open("/")
            await visitor.sees("sold-out", SOLD_OUT)
