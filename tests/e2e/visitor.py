"""A visitor: one browser profile with one page, what it can do, and what is recorded about it.

Invariant: everything that the pages request, report as an error, or show as the stage is recorded
from the first navigation on, across all navigations.
"""

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    FilePayload,
    Locator,
    Page,
    Request,
    Response,
    WebSocket,
    expect,
)

from tests.e2e.photos import phone_photo
from tests.forms import ANSWERS

# The browser's own messages about an answer of 4xx, 5xx or none; those are recorded as requests.
NETWORK_WORDS = re.compile(r"^(Failed to load resource|WebSocket connection to)")

TIMEOUT_MS = 60_000
expect.set_options(timeout=TIMEOUT_MS)

# Runs before the page's own scripts. Records every change of the stage, however briefly it shows.
NOTE_TAKER = """
addEventListener('securitypolicyviolation', (event) => {
  noteComplaint(`policy: ${event.violatedDirective} forbids ${event.blockedURI}`)
})
addEventListener('DOMContentLoaded', () => {
  const stage = document.querySelector('[data-testid=stage]')
  const progress = document.querySelector('[data-testid=progress]')
  if (!stage || !progress) return
  const note = () => noteStage(stage.textContent, Number(progress.getAttribute('aria-valuenow')))
  new MutationObserver(note).observe(stage, { childList: true })
  new MutationObserver(note).observe(progress, { attributeFilter: ['aria-valuenow'] })
})
"""


@dataclass
class Visitor:
    """A visitor's page, and what is recorded about it."""

    url: str
    context: BrowserContext
    page: Page
    requests: list[str] = field(default_factory=list)
    """Method and address of every request, WebSockets included as `SOCKET ws://...`."""
    navigations: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Requests that were answered with 4xx or 5xx."""
    complaints: list[str] = field(default_factory=list)
    """Errors on the console, exceptions and violations of the content security policy."""
    stages: list[str] = field(default_factory=list)
    """The texts of the waiting page's stage, in order, without repetition."""
    percents: list[int] = field(default_factory=list)

    def shown(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    def message(self, name: str) -> Locator:
        """Return the message below a field of the form."""
        return self.page.locator(f"#{name}-message")

    async def sees(self, test_id: str, text: str) -> None:
        """Expect an element with a test id to be visible and to contain `text`."""
        # Playwright compares the text of hidden elements, too.
        await expect(self.shown(test_id).filter(visible=True)).to_contain_text(text)

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self.url}{path}")

    async def choose_photo(self, content: bytes, name: str = "toby.jpg") -> None:
        """Choose a file as the pet's photo."""
        file: FilePayload = {"name": name, "mimeType": "image/jpeg", "buffer": content}
        await self.shown("photo-input").set_input_files(file)

    async def crop_photo(self, content: bytes | None = None) -> None:
        """Choose a photo, by default one from a phone, and accept the crop as offered."""
        await self.choose_photo(content or phone_photo())
        await self.shown("crop-accept").click()
        await expect(self.shown("photo-preview")).to_be_visible()

    async def fill_in(self, **changes: str) -> None:
        """Fill in everything but the photo."""
        for name, answer in {**ANSWERS, **changes}.items():
            field = self.page.locator(f"#form [name={name}]")
            if await field.evaluate("(field) => field instanceof HTMLSelectElement"):
                await field.select_option(answer)
            else:
                await field.fill(answer)

    async def submit(self) -> None:
        await self.shown("submit").click()

    async def order_song(self) -> str:
        """Open the form, fill it in, send it and return the session_id."""
        await self.open("/")
        await self.crop_photo()
        await self.fill_in()
        await self.submit()
        await self.page.wait_for_url("**/waiting/*")
        return self.session_id

    @property
    def session_id(self) -> str:
        """The session_id that the page's address ends with."""
        return self.page.url.rpartition("/")[2]

    async def submission_log(self) -> dict[str, Any]:
        """Return what the browser stores under `submission_data`."""
        log = await self.page.evaluate("JSON.parse(localStorage.getItem('submission_data'))")
        return dict(log)

    async def remember(self, cookie_id: str, entries: int) -> None:
        """Make the browser remember some songs of an earlier day."""
        timestamp = "2026-02-14T10:30:00.000Z"
        songs = [
            {"session_id": f"{number:024}", "timestamp": timestamp} for number in range(entries)
        ]
        log = json.dumps({"cookie_id": cookie_id, "entries": songs})
        await self.context.add_init_script(f"localStorage.submission_data = {json.dumps(log)}")

    def asked(self, path: str) -> list[str]:
        """Return the recorded requests that contain `path`."""
        return [request for request in self.requests if path in request]

    async def take_notes(self) -> None:
        """Record what the pages do from now on; call it before the first page opens."""
        self.context.on("request", self._note_request)
        self.context.on("response", self._note_response)
        self.page.on("websocket", self._note_socket)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self._note_complaint(f"exception: {error}"))
        await self.context.expose_function("noteComplaint", self._note_complaint)
        await self.context.expose_function("noteStage", self._note_stage)
        await self.context.add_init_script(NOTE_TAKER)

    def _note_request(self, request: Request) -> None:
        self.requests.append(f"{request.method} {request.url}")
        if request.is_navigation_request():
            self.navigations.append(request.url.removeprefix(self.url))

    def _note_response(self, response: Response) -> None:
        if response.status >= 400:
            self.refused.append(f"{response.request.method} {response.url}: {response.status}")

    def _note_socket(self, socket: WebSocket) -> None:
        self.requests.append(f"SOCKET {socket.url}")

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not NETWORK_WORDS.match(message.text):
            self._note_complaint(f"console: {message.text}")

    def _note_complaint(self, text: str) -> None:
        self.complaints.append(text)

    def _note_stage(self, text: str, percent: int) -> None:
        if self.stages[-1:] != [text]:
            self.stages.append(text)
        self.percents.append(percent)


@asynccontextmanager
async def visit(
    browser: Browser, url: str, *, profile: Mapping[str, Any] | None = None
) -> AsyncIterator[Visitor]:
    """Provide a visitor with an empty browser profile; `profile` goes to Browser.new_context.

    Raises if a page reported an error, whatever the test was about.
    """
    context = await browser.new_context(**(profile or {}))
    context.set_default_timeout(TIMEOUT_MS)
    try:
        visitor = Visitor(url, context, await context.new_page())
        await visitor.take_notes()
        yield visitor
        assert not visitor.complaints, "\n".join(visitor.complaints)
    finally:
        await context.close()
