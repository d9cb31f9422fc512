"""Runs Lighthouse, a Node.js program that rates pages in a browser.

npm installs it from the package.json beside this file, separate from the client, whose build does
not need its 170 MB.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
CHROMIUM_FLAGS: Final = ("--headless", "--disable-gpu", "--disable-quic", "--no-proxy-server")
ROOTS_FLAGS: Final = ("--no-sandbox",)  # Chromium's sandbox refuses to run as root
TIMEOUT_S: Final = 100


class LighthouseFailed(Exception):
    """Lighthouse could not rate the pages."""


@dataclass(frozen=True)
class Job:
    """The pages to rate, the Chromium to use, and Lighthouse's categories.

    Pages are loaded at full speed; for the category `performance`, Lighthouse computes how a phone
    in a slow network would load them.
    """

    urls: Sequence[str]
    chromium: str
    categories: Sequence[str]
    chromium_flags: Sequence[str] = (*CHROMIUM_FLAGS, *(ROOTS_FLAGS if os.geteuid() == 0 else ()))


@dataclass(frozen=True)
class Report:
    """The result for one page: a score of at most 100 per category, failed audits, and all metrics.

    `error` is why there are none.
    """

    error: str | None
    scores: Mapping[str, float]
    failed: Sequence[str]
    metrics: Mapping[str, float]


async def audit(job: Job) -> list[Report]:
    """Rate each page of a job; raise LighthouseFailed if that fails."""
    node = Path(sys.executable).with_name("node")
    process = await asyncio.create_subprocess_exec(
        node, FOLDER / "audit.js", stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        async with asyncio.timeout(TIMEOUT_S * len(job.urls)):
            output, complaints = await process.communicate(json.dumps(asdict(job)).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise LighthouseFailed(complaints.decode(errors="replace").strip()[-2000:])
    return [Report(**report) for report in json.loads(output)]
