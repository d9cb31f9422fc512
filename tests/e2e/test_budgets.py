"""The bytes that a first visit costs, counted as they come over the wire."""

from dataclasses import dataclass, field

from playwright.async_api import Browser, Request, expect

from tests.e2e.rows import finish_song
from tests.e2e.test_waiting import COMPOSING
from tests.e2e.visitor import Visitor, visit
from tests.sites import Site

KILOBYTE = 1000
MAX_SCRIPTS = 90 * KILOBYTE
MAX_FIRST_LOAD = 150 * KILOBYTE
HERO = "/assets/hearts-"
TEXTS = {"document", "script", "stylesheet"}


@dataclass
class Weight:
    """The bytes of a visit's responses by path and kind, and which texts came uncompressed."""

    num_bytes: dict[tuple[str, str], int] = field(default_factory=dict)
    uncompressed: list[str] = field(default_factory=list)

    def add_up(self, kind: str) -> int:
        return sum(size for (_, each), size in self.num_bytes.items() if each == kind)


def note_requests(visitor: Visitor) -> list[Request]:
    """Return a list that fills with the requests whose answers are complete."""
    finished: list[Request] = []

    def note(request: Request) -> None:
        finished.append(request)

    visitor.context.on("requestfinished", note)
    return finished


async def weigh(visitor: Visitor, requests: list[Request]) -> Weight:
    """Add up what the site has sent, once the network is idle."""
    await visitor.page.wait_for_load_state("networkidle")
    weight = Weight()
    for request in requests:
        response = await request.response()
        if response is None or not request.url.startswith(visitor.url):
            continue
        path, sizes = request.url.removeprefix(visitor.url), await request.sizes()
        size = sizes["responseBodySize"] + sizes["responseHeadersSize"]
        weight.num_bytes[path, request.resource_type] = size
        is_compressed = await response.header_value("content-encoding")
        if request.resource_type in TEXTS and not is_compressed:
            weight.uncompressed.append(path)
    return weight


async def test_a_first_visit_fits_the_budget(visitor: Visitor) -> None:
    requests = note_requests(visitor)
    await visitor.open("/")
    weight = await weigh(visitor, requests)

    kinds = {kind for _, kind in weight.num_bytes}
    assert {"document", "script", "stylesheet", "font", "image"} <= kinds
    without_hero = {
        path: size for (path, _), size in weight.num_bytes.items() if not path.startswith(HERO)
    }
    assert len(without_hero) == len(weight.num_bytes) - 1
    assert sum(without_hero.values()) <= MAX_FIRST_LOAD, without_hero
    assert not weight.uncompressed


async def test_the_scripts_of_each_page_fit_the_budget(site: Site, browser: Browser) -> None:
    """Each page is the first that its browser opens."""
    session_id = await site.submit()
    scripts = {}
    async with visit(browser, site.url) as visitor:
        requests = note_requests(visitor)
        await visitor.open("/")
        await visitor.crop_photo()
        scripts["form"] = (await weigh(visitor, requests)).add_up("script")
    async with visit(browser, site.url) as visitor:
        requests = note_requests(visitor)
        await visitor.open(f"/waiting/{session_id}")
        await expect(visitor.shown("stage")).to_have_text(COMPOSING)
        scripts["waiting"] = (await weigh(visitor, requests)).add_up("script")
    await finish_song(site, session_id)
    await site.wait_for(session_id, status="success")
    async with visit(browser, site.url) as visitor:
        requests = note_requests(visitor)
        await visitor.open(f"/result/{session_id}")
        await expect(visitor.shown("success")).to_be_visible()
        scripts["result"] = (await weigh(visitor, requests)).add_up("script")

    assert min(scripts.values()) > 20 * KILOBYTE
    assert max(scripts.values()) <= MAX_SCRIPTS, scripts
