"""Every state of every page, reached as a visitor reaches it and held while it is examined.

Each journey is an asynchronous generator: it yields the name of each state that the page is in, and
continues from there. Some pages change by themselves or within milliseconds; a comment says what
holds them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

from playwright.async_api import Route, expect

from server.simulator.faults import Fault, Switch
from server.simulator.generation import Status
from tests.e2e.photos import phone_photo
from tests.e2e.rows import change, finish_song, hold, release, rename, show_stage
from tests.e2e.visitor import Visitor
from tests.sites import Site

Journey = Callable[[Site, Visitor], AsyncIterator[str]]

UNKNOWN = "abcdefghijklmnopqrstuvwx"
LONG_NAMES = ("Maximiliane " * 8).strip(), "W" * 100


async def show_form(site: Site, visitor: Visitor) -> AsyncIterator[str]:
    """The form, from empty to a failed submission."""
    await visitor.open("/")
    await expect(visitor.shown("submit")).to_be_enabled()
    yield "form"
    await visitor.submit()
    await expect(visitor.message("owner_name")).not_to_be_empty()
    yield "form-mistakes"
    await visitor.choose_photo(phone_photo())
    await expect(visitor.shown("crop-dialog")).to_be_visible()
    yield "form-cropping"
    await visitor.shown("crop-accept").click()
    await expect(visitor.shown("photo-preview")).to_be_visible()
    await visitor.fill_in()
    yield "form-filled"
    await visitor.page.route("**/api/submissions", refuse)
    await visitor.submit()
    await visitor.sees("toast", "Try again")
    yield "form-unreachable"


async def show_songs(site: Site, visitor: Visitor) -> AsyncIterator[str]:
    """The form in a browser that has used up its songs."""
    await visitor.remember(f"cookie_{'g' * 24}", entries=10)
    await visitor.open("/")
    await visitor.sees("sold-out", "sold out")
    yield "sold-out"
    await visitor.page.get_by_role("button", name="Close").click()
    await expect(visitor.shown("songs")).to_be_visible()
    yield "form-songs"


async def show_waiting(site: Site, visitor: Visitor) -> AsyncIterator[str]:
    """A wait through all its stages, offline, too long, and its possible ends."""
    page, steps = visitor.page, visitor.shown("steps")
    await page.clock.install()
    # An order whose answer is lost keeps the song in the queue until a webhook announces it.
    await site.simulator.set_faults(
        Switch(Fault.CREATE_UNANSWERED, times=1), Switch(Fault.DOWNLOAD_STATUS, 503, times=1)
    )
    orders = len(await site.posts())
    session_id = await visitor.order_song()
    await expect(visitor.shown("preview")).to_be_visible()
    await expect(visitor.shown("queue")).not_to_be_empty()
    yield "waiting-queued"
    [order] = (await site.posts())[orders:]
    await site.simulator.post_webhook(order["task_id"])
    await expect(steps.locator("[aria-current=step]")).to_have_text("Composing")
    yield "waiting-composing"
    await finish_song(site, session_id)
    await hold(site, session_id)
    await expect(steps.locator("[aria-current=step]")).to_have_text("Collecting the tape")
    yield "waiting-downloading"
    # Nothing can slow a render down, and the page only asks how far it is.
    show_stage(site, session_id, "rendering")
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(steps.locator("[aria-current=step]")).to_have_text("Pressing the record")
    yield "waiting-rendering"
    await visitor.context.set_offline(True)
    await visitor.sees("connection", "Reconnecting")
    yield "waiting-reconnecting"
    await page.clock.fast_forward("05:10")
    await expect(visitor.shown("long-wait")).to_be_visible()
    yield "waiting-long"
    await visitor.context.set_offline(False)
    show_stage(site, session_id, "downloading")
    release(site, session_id)
    await page.wait_for_url(f"**/result/{session_id}")
    await visitor.shown("delete").click()
    await expect(visitor.shown("delete-dialog")).to_be_visible()
    yield "result-deleting"
    await visitor.open("/")
    await visitor.sees("songs", "Ready")
    yield "form-songs-ready"
    await visitor.open(f"/waiting/{UNKNOWN}")
    await expect(visitor.shown("missing")).to_be_visible()
    yield "waiting-missing"


async def show_result(site: Site, visitor: Visitor) -> AsyncIterator[str]:
    """A song from its first moment to its last, with the longest names, and offline."""
    page = visitor.page
    session_id = await site.submit()
    # The page moves on to the waiting page at once, so the way there is blocked.
    await page.route("**/waiting/*", lead_nowhere)
    await page.goto(f"{site.url}/result/{session_id}", wait_until="commit")
    await expect(page.get_by_role("heading", name="still being made")).to_be_visible()
    yield "result-unfinished"
    await finish_song(site, session_id)
    await site.wait_for(session_id, status="success")

    asked = asyncio.Event()

    async def never_answer(route: Route) -> None:
        asked.set()

    await page.route("**/api/results/*", never_answer)
    await visitor.open(f"/result/{session_id}")
    await asked.wait()
    yield "result-loading"
    await page.unroute("**/api/results/*")
    await page.route("**/api/results/*", refuse)
    await visitor.open(f"/result/{session_id}")
    await expect(visitor.shown("unreachable")).to_be_visible()
    yield "result-unreachable"
    await page.unroute("**/api/results/*")
    await page.get_by_role("button", name="Try again").click()
    await expect(visitor.shown("success")).to_be_visible()
    yield "result"
    await visitor.shown("video").evaluate("video => { video.muted = true; return video.play() }")
    yield "result-playing"
    rename(site, session_id, *LONG_NAMES)
    await page.reload()
    await expect(visitor.shown("couple")).to_contain_text(LONG_NAMES[1])
    yield "result-long-names"
    change(site, "UPDATE submissions SET expired_at = created_at WHERE session_id = ?", session_id)
    await page.reload()
    await expect(visitor.shown("expired")).to_be_visible()
    yield "result-expired"

    session_id = await site.submit()
    await finish_song(site, session_id, Status.FAILURE)
    await site.wait_for(session_id, status="fail")
    await visitor.open(f"/result/{session_id}")
    await expect(visitor.shown("failure")).to_be_visible()
    yield "result-failure"
    await visitor.open(f"/result/{UNKNOWN}")
    await expect(visitor.shown("missing")).to_be_visible()
    yield "result-missing"


async def show_operations(site: Site, visitor: Visitor) -> AsyncIterator[str]:
    """The admin page with songs in progress and failed ones, without a login and offline."""
    session_id = await site.submit()
    await finish_song(site, failed := await site.submit(), Status.FAILURE)
    await site.wait_for(failed, status="fail")
    await visitor.open("/admin")
    await visitor.sees("connection", "Live")
    row = visitor.page.locator(f"tr[data-submission={session_id[:8]}]")
    await expect(row.get_by_test_id("row-stage")).to_have_text("composing")
    await visitor.sees("failures", failed[:8])
    yield "admin"
    await visitor.page.route("**/api/admin/submissions/**", refuse)
    await row.get_by_role("button", name="Try now").click()
    await visitor.sees("problem", "No answer")
    yield "admin-refused"
    await visitor.context.set_offline(True)
    await visitor.sees("connection", "Reconnecting")
    yield "admin-reconnecting"


async def show_other_pages(site: Site, visitor: Visitor) -> AsyncIterator[str]:
    """The pages that have only one state."""
    for path in ("terms", "privacy", "docs", "nowhere"):
        await visitor.open(f"/{path}")
        yield path


async def refuse(route: Route) -> None:
    await route.abort("connectionrefused")


async def lead_nowhere(route: Route) -> None:
    await route.fulfill(status=204)


JOURNEYS: tuple[Journey, ...] = (
    show_form,
    show_songs,
    show_waiting,
    show_result,
    show_operations,
    show_other_pages,
)
