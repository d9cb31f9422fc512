"""What a visitor cannot reach on a page as it is displayed right now.

Invariant: a check changes only the scroll position and the focus, and restores them.
"""

from playwright.async_api import Page

TEXT_SPACING = """
* { line-height: 1.5 !important }
* { letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
p { margin-bottom: 2em !important }
"""
"""As WCAG 1.4.12 has it."""
SPACE_TEXT = """
(rules) => {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(rules)
  document.adoptedStyleSheets = rules ? [sheet] : []
}
"""

FIND_LOST = """
() => {
  const lost = []
  const describe = (element) => {
    const words = (element.getAttribute('aria-label') || element.textContent).trim().slice(0, 40)
    return `${element.localName}${element.id && '#' + element.id} "${words}"`
  }
  const root = document.querySelector('dialog[open]') ?? document.body
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true })
    && !element.closest('[aria-hidden=true]')
  const isControl = (element) =>
    element.matches('a[href], button:enabled, input, select, textarea, summary, video, [tabindex]')
  const hasWords = (element) => [...element.childNodes].some(
    (node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== '')
  const isSeen = (element) => {
    const box = [...element.getClientRects()].find(({ width, height }) => width && height)
    if (!box) return false
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
    const hit = document.elementFromPoint(x, y)
    if (hit === null) return false
    return element.contains(hit) || hit.contains(element) || isFaceOf(hit, element)
  }
  // A transparent input over its own words.
  const isFaceOf = (hit, element) => hit.type === 'file' && hit.parentElement.contains(element)
  const focused = document.activeElement
  const [left, top] = [scrollX, scrollY]
  for (const element of root.querySelectorAll('*')) {
    if (!isShown(element) || element.localName === 'option') continue
    if (isControl(element)) element.focus({ preventScroll: true })
    else if (!hasWords(element)) continue
    const places = ['center', 'start', 'end']
    if (!places.some((block) => (element.scrollIntoView({ block }), isSeen(element)))) {
      lost.push(`${describe(element)} is covered or out of reach`)
    }
    const style = getComputedStyle(element)
    const isCut = element.scrollWidth > element.clientWidth + 1 && style.overflowX !== 'visible'
      || element.scrollHeight > element.clientHeight + 1 && style.overflowY === 'hidden'
    if (isCut && element.localName !== 'input') lost.push(`${describe(element)} is cut off`)
  }
  if (document.documentElement.scrollWidth > innerWidth) {
    lost.push(`the page is ${document.documentElement.scrollWidth} px wide`)
  }
  if (root !== document.body && root.scrollWidth > root.clientWidth) {
    lost.push('the dialog is wider than its place')
  }
  if (focused === document.body) document.activeElement.blur()
  else focused.focus({ preventScroll: true })
  scrollTo(left, top)
  return lost
}
"""


async def find_lost(page: Page) -> list[str]:
    """Return the words and controls that are unreachable by scrolling, covered or cut off."""
    return [str(loss) for loss in await page.evaluate(FIND_LOST)]


async def find_lost_when_spaced(page: Page) -> list[str]:
    """Return what is lost when the visitor sets text spacing as WCAG 1.4.12 allows."""
    await page.evaluate(SPACE_TEXT, TEXT_SPACING)
    lost = await find_lost(page)
    await page.evaluate(SPACE_TEXT, "")
    return lost
