"""One browser and one site for all journeys; a song ends when a test says so."""

import os
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests.e2e.visitor import Visitor, visit
from tests.servers.programs import find_chromium
from tests.sites import USUAL, Site, open_site

NEVER_S = 3600.0
PASSWORD = "Gr\u00fc\u00dfe vom Kanal"
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    # Chromium's sandbox refuses to run as root, the user that tests run as in a container.
    arguments = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def shared_site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    settings = {"MAX_CONCURRENT_REQUESTS": "100", "ADMIN_PASSWORD": PASSWORD, **USUAL}
    async with open_site(folder, delay_s=NEVER_S, **settings) as site:
        yield site


@pytest.fixture
async def site(shared_site: Site) -> AsyncIterator[Site]:
    yield shared_site
    await shared_site.simulator.set_faults()


@pytest.fixture
async def visitor(site: Site, browser: Browser) -> AsyncIterator[Visitor]:
    async with visit(browser, site.url) as visitor:
        yield visitor
