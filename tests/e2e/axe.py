"""What axe-core reports about a page as it is displayed right now.

Invariant: every rule of WCAG 2.2 A and AA and of axe's best practices is applied. A check that axe
cannot decide counts as a violation unless UNDECIDED gives a reason why it is none.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from playwright.async_api import Page

SOURCE = Path(__file__).parents[2] / "client" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")
RUN = """
async ([tags, explained]) => {
  const found = await axe.run({
    runOnly: { type: 'tag', values: tags },
    resultTypes: ['violations', 'incomplete'],
  })
  const describe = (word, rule, node) => {
    const checks = [...node.any, ...node.all, ...node.none]
    return `${word} ${rule.id}: ${node.target}: ${checks.map(({ message }) => message).join(' ')}`
  }
  const isExplained = (rule, node) => explained.some(([id, elements]) =>
    rule.id === id && document.querySelector(node.target).matches(elements))
  return [
    ...found.violations.flatMap((rule) => rule.nodes.map((node) => describe('broken', rule, node))),
    ...found.incomplete.flatMap((rule) => rule.nodes
      .filter((node) => !isExplained(rule, node))
      .map((node) => describe('undecided', rule, node))),
  ]
}
"""
SYMBOL = "the button shows a symbol in the colour of all text, and is named by its label"
PRINT = "black print on the apricot paper of a drawn record, which is hidden from screen readers"
CHEVRON = "the picture is the chevron, which lies right of the words"
UNDECIDED: Mapping[tuple[str, str], str] = {
    ("color-contrast", "button[data-move]"): SYMBOL,
    ("label-content-name-mismatch", "button[data-move]"): SYMBOL,
    ("label-content-name-mismatch", ".toast-close"): SYMBOL,
    ("color-contrast", "textPath"): PRINT,
    ("color-contrast", "select"): CHEVRON,
    ("color-contrast", "#crop-help, .keys"): "what axe takes to lie above the words is the part of "
    "the photo that the frame hides",
    ("video-caption", "[data-testid=preview]"): "it has no sound",
    ("video-caption", "[data-testid=video]"): "the words of the song are on the page, but the song "
    "service does not say when each is sung",
}
"""(rule, selector of the elements) -> why it is no fault."""


@cache
def read_source() -> str:
    return SOURCE.read_text()


async def find_violations(page: Page) -> list[str]:
    """Return the violations and what axe could not decide, one line each."""
    # Evaluated by the browser's debugger: the site's policy forbids foreign scripts.
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(read_source())
    return [str(fault) for fault in await page.evaluate(RUN, [TAGS, list(UNDECIDED)])]
