"""Every error that a page reports is noticed: all other journeys rely on it."""

import pytest
from playwright.async_api import Browser

from tests.e2e.visitor import visit
from tests.sites import Site

COMPLAINTS = {
    "console: careful": "console.warn('careful')",
    "console: broken": "console.error('broken')",
    "exception: thrown": "setTimeout(() => { throw 'thrown' })",
    "exception: refused": "Promise.reject('refused')",
    "policy: script-src": "document.head.append("
    "Object.assign(document.createElement('script'), { textContent: '1' }))",
}
UNTIL_NOTED = "() => {{ {}; return new Promise((done) => setTimeout(done, 1)) }}"


@pytest.mark.parametrize("complaint", COMPLAINTS)
async def test_a_page_error_fails_its_test(site: Site, browser: Browser, complaint: str) -> None:
    async def visit_and_complain() -> None:
        async with visit(browser, site.url) as visitor:
            await visitor.open("/")
            await visitor.page.evaluate(UNTIL_NOTED.format(COMPLAINTS[complaint]))

    with pytest.raises(AssertionError, match=complaint):
        await visit_and_complain()
