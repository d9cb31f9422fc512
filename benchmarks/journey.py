"""Measures the time from submit to a playable video in a browser, and our share of it.

The simulator takes a known time; everything beyond is overhead, split by phase. Then the specified
delays are measured on the networked site (`delays.py`).
"""

import os
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx

from benchmarks import delays
from benchmarks.browser import submit, watch, write_form
from benchmarks.measurement import Options, Series, collect
from benchmarks.stack import ROOT, Web

SONG_DELAY_S: Final = 8.0
QUICK_SONG_DELAY_S: Final = 1.0
QUICK_FORMATS: Final = {"RENDER_FORMATS": "square"}
FIRST_BYTES: Final = {"Range": "bytes=0-65535"}


async def measure(options: Options) -> list[Series]:
    """Take visitors through the real site, one after the other, after a warm-up."""
    delay_s = QUICK_SONG_DELAY_S if options.is_quick else SONG_DELAY_S
    changes = QUICK_FORMATS if options.is_quick else {}
    async with (
        _site(delay_s, changes) as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as http,
    ):
        await _visit(url, http, delay_s)
        phases = collect([await _visit(url, http, delay_s) for _ in range(options.repeats)])
    return phases + await delays.measure(options)


@asynccontextmanager
async def _site(delay_s: float, changes: Mapping[str, str]) -> AsyncIterator[str]:
    variables = {
        **{name: value for name, value in os.environ.items() if name != "SONAUTO_API_KEY"},
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "SIMULATOR_DELAY_SECONDS": str(delay_s),
        "SUBMISSIONS_PER_HOUR_PER_IP": "1000",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
        **changes,
    }
    with tempfile.TemporaryDirectory() as folder:
        site = Web(Path(folder), variables)
        try:
            await site.start()
            yield site.url
        finally:
            await site.stop()


async def _visit(url: str, http: httpx.AsyncClient, delay_s: float) -> Mapping[str, float]:
    form = write_form()
    start = time.time()
    session_id = await submit(http, form)
    replied = time.time()
    seen = await watch(url, session_id)
    video = await http.get(f"/storage/video/{session_id}.mp4", headers=FIRST_BYTES)
    video.raise_for_status()
    playable = time.time()
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
