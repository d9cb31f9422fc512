"""Lighthouse's rating of every page, except for its speed, which no test asserts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from benchmarks.lighthouse import Job, Report, audit
from server.simulator.generation import Status
from tests.e2e.rows import change, finish_song
from tests.servers.programs import find_chromium
from tests.sites import USUAL, Site, open_site

GOAL = 95
RATED = ("accessibility", "best-practices", "seo")
NEVER_S = 3600.0


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A site of its own, so that it can be examined while other pages are tested."""
    async with open_site(tmp_path, delay_s=NEVER_S, **USUAL) as site:
        yield site


@pytest.mark.nightly  # it waits some seconds until each page has settled
async def test_every_page_is_rated_at_least_95(site: Site) -> None:
    ready, failed, expired, waiting = [await site.submit(seed=seed) for seed in range(4)]
    for session_id in (ready, expired):
        await finish_song(site, session_id)
    await finish_song(site, failed, Status.FAILURE)
    for session_id in (ready, expired):
        await site.wait_for(session_id, status="success")
    await site.wait_for(failed, status="fail")
    change(site, "UPDATE submissions SET expired_at = created_at WHERE session_id = ?", expired)
    paths = {
        "form": "/",
        "waiting": f"/waiting/{waiting}",
        "result": f"/result/{ready}",
        "failure": f"/result/{failed}",
        "expired": f"/result/{expired}",
        "not found": "/nowhere",
        "terms": "/terms",
        "privacy": "/privacy",
    }

    job = Job([site.url + path for path in paths.values()], str(find_chromium()), RATED)
    reports = dict(zip(paths, await audit(job), strict=True))

    assert not {page: report.error for page, report in reports.items() if report.error}
    low = {page: find_low(report) for page, report in reports.items() if find_low(report)}
    assert not low
    assert reports["form"].scores["seo"] >= GOAL, reports["form"].failed


def find_low(report: Report) -> str:
    """Say what is rated below the goal and why; unlisted pages have no SEO rating."""
    low = [name for name in ("accessibility", "best-practices") if report.scores[name] < GOAL]
    return f"{low} for {list(report.failed)}" if low else ""
