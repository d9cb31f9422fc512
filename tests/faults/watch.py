"""A site of another folder's tests, checked by the invariants like the fleets here.

Invariant: every form that the site accepts through `site.http` is examined.
"""

import base64
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import httpx
from PIL import Image, ImageStat

from tests.faults.fleet import Patient
from tests.faults.history import History
from tests.faults.invariants import Colour
from tests.sites import Network, Site, open_site

MIDDLE = (250, 250, 350, 350)
"""The part of a photo that `find_flaw` looks at in the video."""


@asynccontextmanager
async def open_watched_site(
    folder: Path, *, network: Network = None, delay_s: float = 0.3, **changes: str
) -> AsyncIterator[Patient]:
    """Run a site for the duration of the block, as `open_site` does, and record what it accepts."""
    database = {"DATABASE_URL": f"sqlite://{folder}/petsong.sqlite3", **(network or {})}
    history = History(database["DATABASE_URL"])
    async with open_site(folder, network=network, delay_s=delay_s, **changes) as site:
        await history.begin()
        patient = Patient(site=site, history=history, variables={})

        async def note(answer: httpx.Response) -> None:
            if answer.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
                return
            await answer.aread()
            patient.answers.append(answer)
            if answer.request.method == "POST" and answer.status_code == HTTPStatus.OK:
                form = json.loads(answer.request.content)
                patient.submitted[answer.json()["session_id"]] = colour_of(form["photo"])

        site.http.event_hooks["response"].append(note)
        try:
            yield patient
        finally:
            await history.close()


@asynccontextmanager
async def open_examined_site(
    folder: Path, *, network: Network = None, delay_s: float = 0.3, **changes: str
) -> AsyncIterator[Site]:
    """Run a site for the duration of the block, and examine at its end what was submitted."""
    async with open_watched_site(folder, network=network, delay_s=delay_s, **changes) as patient:
        yield patient.site
        await patient.check()


def colour_of(photo: str) -> Colour:
    """Return the colour in the middle of a photo encoded as the form sends it."""
    picture = Image.open(io.BytesIO(base64.b64decode(photo))).convert("RGB")
    red, green, blue = ImageStat.Stat(picture.crop(MIDDLE)).mean
    return round(red), round(green), round(blue)
