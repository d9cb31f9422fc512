"""Every state of every page fits every screen, has no axe violation, and survives enlargement.

Each journey is taken once, and every state is examined in all these ways while it lasts. The
pictures are left in tests/e2e/screenshots.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, ViewportSize

from tests.e2e.axe import find_violations
from tests.e2e.conftest import PASSWORD
from tests.e2e.losses import find_lost, find_lost_when_spaced
from tests.e2e.states import JOURNEYS
from tests.e2e.visitor import visit
from tests.sites import Site

FOLDER = Path(__file__).parent / "screenshots"
PHONE: ViewportSize = {"width": 360, "height": 740}
TABLET: ViewportSize = {"width": 768, "height": 1024}
DESK: ViewportSize = {"width": 1440, "height": 900}
ENLARGED: ViewportSize = {"width": 320, "height": 256}
"""A desk of 1280 x 1024 at 400 %."""
NEXT_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@dataclass
class Findings:
    """What is wrong with the states of a journey, one line for each defect."""

    states: list[str] = field(default_factory=list)
    too_wide: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    lost_enlarged: list[str] = field(default_factory=list)
    lost_spaced: list[str] = field(default_factory=list)


@pytest.fixture(scope="session", params=JOURNEYS, ids=lambda journey: journey.__name__)
async def findings(request: pytest.FixtureRequest, shared_site: Site, browser: Browser) -> Findings:
    found = Findings()
    login = {"username": "admin", "password": PASSWORD}
    profile = {"viewport": PHONE, "reduced_motion": "reduce", "http_credentials": login}
    async with visit(browser, shared_site.url, profile=profile) as visitor:
        async for state in request.param(shared_site, visitor):
            await look(visitor.page, state, found)
    return found


async def look(page: Page, state: str, found: Findings) -> None:
    """Examine a state in all ways and leave it unchanged."""
    found.states.append(state)
    await page.set_viewport_size(ENLARGED)
    # The page learns of its new size in the next frame, and lays out the crop then.
    await page.evaluate(NEXT_FRAMES)
    found.lost_enlarged += [f"{state}: {loss}" for loss in await find_lost(page)]
    for size in (TABLET, DESK, PHONE):
        await page.set_viewport_size(size)
        width = await page.evaluate("document.documentElement.scrollWidth")
        if width > size["width"]:
            found.too_wide.append(f"{state} is {width} px wide on {size['width']}")
        await page.evaluate("scrollTo(0, 0)")
        await page.screenshot(path=FOLDER / f"{state}-{size['width']}.png", full_page=True)
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            where = f"{state}, {size['width']} px, {scheme}"
            found.violations += [f"{where}: {fault}" for fault in await find_violations(page)]
        await page.emulate_media(color_scheme="light")
    found.lost_spaced += [f"{state}: {loss}" for loss in await find_lost_when_spaced(page)]


def show(faults: list[str]) -> str:
    return "\n".join(["", *faults])


def test_every_state_fits_every_screen(findings: Findings) -> None:
    assert findings.states
    assert not findings.too_wide, show(findings.too_wide)


def test_axe_finds_no_violation(findings: Findings) -> None:
    assert not findings.violations, show(findings.violations)


def test_nothing_is_lost_at_400_percent(findings: Findings) -> None:
    assert not findings.lost_enlarged, show(findings.lost_enlarged)


def test_nothing_is_lost_with_wider_text(findings: Findings) -> None:
    assert not findings.lost_spaced, show(findings.lost_spaced)
