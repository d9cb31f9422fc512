"""One visitor's browser: hands in the form and watches the waiting page's socket.

Moments are seconds of the time of day, which other processes tell too.
"""

import asyncio
import base64
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx
import socketio

from benchmarks.inputs import photo

JOURNEY_TIMEOUT_S: Final = 120.0


async def submit(http: httpx.AsyncClient, form: Mapping[str, str]) -> str:
    """Hand in a form, as `write_form` returns it; return its session_id."""
    reply = await http.post("/api/submissions", json=form)
    reply.raise_for_status()
    return str(reply.json()["session_id"])


def write_form() -> dict[str, str]:
    """Return the form of a visitor whom the site has not seen before."""
    return {
        "pet_name": "Toby",
        "pet_type": "Dog",
        "photo": base64.b64encode(photo()).decode(),
        "music_vibe": "Romantic",
        "owner_name": "Matt",
        "cookie_id": f"cookie_{uuid.uuid4().hex}",
    }


async def watch(url: str, session_id: str) -> dict[str, float]:
    """Return when each stage, and the preview, was first seen by a socket.

    Raises TimeoutError when the song does not end within two minutes, KeyError when it fails.
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
    # A stage that was over before the socket was there took no time that could be seen.
    latest = seen[stages[-1]]
    for stage in reversed(stages):
        latest = seen.setdefault(stage, latest)
    return seen
