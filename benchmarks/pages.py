"""Measures page speed on a phone in a slow network, as modelled by Lighthouse.

Lighthouse loads a page at full speed in Chromium, and computes from that when a slow phone on 1.6
Mbit/s would show what.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx

from benchmarks.browser import submit, watch, write_form
from benchmarks.delays import Site
from benchmarks.lighthouse import Job, Report, audit
from benchmarks.measurement import Options, Series, collect
from benchmarks.stack import ROOT, Web
from server.simulator.client import Simulator

CHROMIUM_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
UNTIL_TOLD_S: Final = 3600.0
SONG_S: Final = 30.0
METRICS: Final = {
    "first contentful paint": "first-contentful-paint",
    "largest contentful paint": "largest-contentful-paint",
    "total blocking time": "total-blocking-time",
    "layout shift": "cumulative-layout-shift",
    "bytes": "total-byte-weight",
}
UNITS: Final = {"score": "of 100", "layout shift": "1", "bytes": "kB"}
PER_UNIT: Final = {"layout shift": 1.0}
"""Lighthouse's units per unit of ours, where it is not 1000."""


async def measure(options: Options) -> list[Series]:
    """Rate the form, a result and a waiting page; with --quick only the latter."""
    async with _open_site() as site:
        paths = {} if options.is_quick else {"/": "/", "result": f"/result/{await _finish(site)}"}
        paths["waiting"] = f"/waiting/{await submit(site.http, write_form())}"
        urls = [site.url + path for path in paths.values() for _ in range(options.repeats)]
        reports = await audit(Job(urls, _find_chromium(), ["performance"]))
    series = []
    for number, page in enumerate(paths):
        repeats = reports[number * options.repeats :][: options.repeats]
        series += collect([_describe(report) for report in repeats], page, UNITS)
    return series


async def _finish(site: Site) -> str:
    """Make a song and return its session_id."""
    ready = await submit(site.http, write_form())
    watching = asyncio.create_task(watch(site.url, ready))
    [order] = (await site.wait_for(1, 0))["posts"]
    await site.simulator.finish(order["task_id"])
    await watching
    return ready


def _describe(report: Report) -> Mapping[str, float]:
    if report.error:
        raise RuntimeError(report.error)
    measured = {
        name: report.metrics[audit_id] / PER_UNIT.get(name, 1000)
        for name, audit_id in METRICS.items()
    }
    return {"score": report.scores["performance"], **measured}


def _find_chromium() -> str:
    if found := next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None):
        return found
    raise RuntimeError("this needs Chromium: `make programs` installs it or explains how")


@asynccontextmanager
async def _open_site() -> AsyncIterator[Site]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with Simulator.start(
            folder / "simulator", delay_s=UNTIL_TOLD_S, song_s=SONG_S
        ) as simulator:
            variables = {
                **os.environ,
                "DATABASE_URL": "",
                "REDIS_URL": "",
                "SONAUTO_API_KEY": "key-of-the-benchmarks",
                "EXTERNAL_API_URL": simulator.api_url,
                "SONG_CDN_HOSTS": simulator.origin,
                "LOG_LEVEL": "WARNING",
                "PYTHONPATH": str(ROOT),
            }
            web = Web(folder, variables)
            variables["WEBHOOK_BASE_URL"] = web.url
            try:
                await web.start()
                async with httpx.AsyncClient(base_url=web.url, trust_env=False) as http:
                    yield Site(web.url, http, simulator, folder)
            finally:
                await web.stop()
