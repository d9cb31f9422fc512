"""What a screen reader says during a wait: each stage once, and no percentages."""

from playwright.async_api import expect

from tests.e2e.rows import finish_song
from tests.e2e.test_waiting import COMPOSING
from tests.e2e.visitor import Visitor
from tests.servers import wait_until
from tests.sites import Site

# Every change inside a live region, whether or not the words differ from before.
LISTENER = """
addEventListener('DOMContentLoaded', () => {
  if (!location.pathname.startsWith('/waiting/')) return
  const regions = '[role=status], [role=alert], [role=log], [aria-live]'
  const watched = { subtree: true, childList: true, characterData: true, attributes: true }
  new MutationObserver((changes) => {
    const changed = new Set(changes.map(({ target }) =>
      (target instanceof Element ? target : target.parentElement)?.closest(regions)))
    changed.delete(null)
    for (const region of changed) {
      if (region.checkVisibility()) noteAnnouncement(region.innerText.trim())
    }
  }).observe(document, watched)
})
"""


async def test_each_stage_is_announced_once_and_percentages_never(
    site: Site, visitor: Visitor
) -> None:
    announced: list[str] = []

    def note(text: str) -> None:
        announced.append(text)

    await visitor.context.expose_function("noteAnnouncement", note)
    await visitor.open("/")
    await visitor.crop_photo()
    await visitor.fill_in()
    await visitor.context.add_init_script(LISTENER)
    await visitor.submit()
    await visitor.page.wait_for_url("**/waiting/*")
    await expect(visitor.shown("stage")).to_have_text(COMPOSING)
    stages, percents = len(visitor.stages), len(set(visitor.percents))

    async def has_grown() -> bool:
        await visitor.page.evaluate("dispatchEvent(new Event('online'))")
        return len(set(visitor.percents)) >= percents + 3

    await wait_until(has_grown, message="the bar has grown by three percents")
    assert len(visitor.stages) == stages
    await finish_song(site, visitor.session_id)
    await visitor.page.wait_for_url("**/result/*")
    await expect(visitor.shown("success")).to_be_visible()

    said = [text for text in announced if text]
    assert COMPOSING in said
    assert said == visitor.stages
    assert len(said) == len(set(said))
