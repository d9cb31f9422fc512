"""One visitor's browser: submits the form and watches the waiting page's socket.

Times are seconds of wall-clock time, which other processes use too.
"""

import asyncio
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx
import socketio

from benchmarks.inputs import usual_form

JOURNEY_TIMEOUT_S: Final = 120.0


async def submit(http: httpx.AsyncClient, form: Mapping[str, str]) -> str:
    """Submit a form made by `write_form`; return its session_id."""
    reply = await http.post("/api/submissions", json=form)
    reply.raise_for_status()
    return str(reply.json()["session_id"])


def write_form() -> dict[str, str]:
    """The form of a new visitor."""
    return usual_form() | {"cookie_id": f"cookie_{uuid.uuid4().hex}"}


async def watch(url: str, session_id: str) -> dict[str, float]:
    """Return when a socket first saw each stage and the preview.

    Raises TimeoutError if the song does not end within two minutes, KeyError if it fails.
    """
    seen: dict[str, float] = {}
    is_over = asyncio.Event()

    def note(snapshot: Mapping[str, Any]) -> None:
        moment = time.time()
        seen.setdefault(snapshot["stage"], moment)
        if snapshot["preview_url"]:
            seen.setdefault("preview", moment)
        if snapshot["status"] in ("success", "fail"):
            is_over.set()

    async with asyncio.timeout(JOURNEY_TIMEOUT_S), socketio.AsyncSimpleClient() as browser:
        await browser.connect(url, transports=["websocket"])
        browser.client.on("status", note)
        note(await browser.client.call("watch", {"session_id": session_id}))
        await is_over.wait()
    return _without_gaps(seen, ("composing", "downloading", "rendering", "ready"))


def _without_gaps(seen: dict[str, float], stages: Sequence[str]) -> dict[str, float]:
    # A stage that ended before the socket connected took no visible time.
    latest = seen[stages[-1]]
    for stage in reversed(stages):
        latest = seen.setdefault(stage, latest)
    return seen
