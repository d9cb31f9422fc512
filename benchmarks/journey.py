"""From submit to a playable video, as a browser sees it: how much of the waiting is ours.

The song service's stand-in takes a known time; everything above it is overhead, split by phase.
"""

import asyncio
import base64
import os
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import socketio

from benchmarks.inputs import photo
from benchmarks.measurement import Options, Series, collect
from benchmarks.stack import ROOT, Web

SONG_DELAY_S: Final = 8.0
QUICK_SONG_DELAY_S: Final = 1.0
JOURNEY_TIMEOUT_S: Final = 120.0
FIRST_BYTES: Final = {"Range": "bytes=0-65535"}


async def measure(options: Options) -> list[Series]:
    """Take visitors through the real site, one after the other, after one to warm up."""
    delay_s = QUICK_SONG_DELAY_S if options.is_quick else SONG_DELAY_S
    async with _site(delay_s) as url, httpx.AsyncClient(base_url=url, trust_env=False) as http:
        await _visit(url, http, delay_s)
        return collect([await _visit(url, http, delay_s) for _ in range(options.repeats)])


@asynccontextmanager
async def _site(delay_s: float) -> AsyncIterator[str]:
    variables = {
        **{name: value for name, value in os.environ.items() if name != "SONAUTO_API_KEY"},
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "SIMULATOR_DELAY_SECONDS": str(delay_s),
        "SUBMISSIONS_PER_HOUR_PER_IP": "1000",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
    }
    with tempfile.TemporaryDirectory() as folder:
        site = Web(Path(folder), variables)
        try:
            await site.start()
            yield site.url
        finally:
            await site.stop()


async def _visit(url: str, http: httpx.AsyncClient, delay_s: float) -> Mapping[str, float]:
    form = {
        "pet_name": "Toby",
        "pet_type": "Dog",
        "photo": base64.b64encode(photo()).decode(),
        "music_vibe": "Romantic",
        "owner_name": "Matt",
        "cookie_id": f"cookie_{uuid.uuid4().hex}",
    }
    start = time.perf_counter()
    reply = await http.post("/api/submissions", json=form)
    reply.raise_for_status()
    replied = time.perf_counter()
    session_id = reply.json()["session_id"]
    seen = await _watch(url, session_id)
    video = await http.get(f"/storage/video/{session_id}.mp4", headers=FIRST_BYTES)
    video.raise_for_status()
    playable = time.perf_counter()
    return {
        "preview turns": seen["preview"] - start,
        "take the form": replied - start,
        "order the song": seen["composing"] - replied,
        "hear of its end": seen["downloading"] - seen["composing"] - delay_s,
        "fetch the song": seen["rendering"] - seen["downloading"],
        "make the video": seen["ready"] - seen["rendering"],
        "first bytes": playable - seen["ready"],
        "overhead in all": playable - start - delay_s,
    }


async def _watch(url: str, session_id: str) -> dict[str, float]:
    """Return when each stage, and the preview, was first seen by a socket."""
    seen: dict[str, float] = {}
    is_over = asyncio.Event()

    def note(snapshot: Mapping[str, Any]) -> None:
        moment = time.perf_counter()
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
