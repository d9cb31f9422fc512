"""A visitor with a keyboard and no pointer."""

from playwright.async_api import Locator, Page, expect

MOST_STOPS = 40

FIND_FOCUS_FAULT = """
() => {
  const focused = document.activeElement
  if (!focused || focused === document.body) return 'nothing has the focus'
  const box = focused.getBoundingClientRect()
  const name = focused.outerHTML.slice(0, 80)
  if (box.bottom <= 0 || box.top >= innerHeight) return `off the screen: ${name}`
  // The browser shows by itself which of a video's controls has the focus.
  if (focused.localName === 'video') return ''
  // The photo's own input is transparent; what it lies in shows the focus for it.
  const bearer = focused.type === 'file' ? focused.parentElement : focused
  const { outlineStyle, outlineWidth } = getComputedStyle(bearer)
  const isSeen = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2
  return isSeen ? '' : `the focus cannot be seen: ${name}`
}
"""


async def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until `target` has the focus; the focus must be visible at every stop."""
    for _ in range(MOST_STOPS):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement === document.body"):
            continue  # from the page's end through the browser to its top
        await expect_seen_focus(page)
        if await target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{target} was not reached by {MOST_STOPS} presses of Tab")


async def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Tab to `target` and press a key there."""
    await tab_to(page, target)
    await page.keyboard.press(key)


async def expect_focus(target: Locator) -> None:
    """Expect `target` to have a visible focus."""
    await expect(target).to_be_focused()
    await expect_seen_focus(target.page)


async def expect_seen_focus(page: Page) -> None:
    """Expect something to have a visible focus."""
    fault = await page.evaluate(FIND_FOCUS_FAULT)
    assert not fault, fault
