"""The real site in processes of its own, beside a real simulator; the journeys run on it.

Invariant: nothing is shared with another site; every process, port and folder is its own. Each
process starts in an empty folder, as if on a separate host.
"""

import asyncio
import base64
import io
import sys
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

from server.simulator.client import Simulator
from tests.forms import write_form
from tests.servers import HANG_S, ChildServer, free_port, wait_until

Network = Mapping[str, str] | None
"""The variables that name PostgreSQL and Redis; None for the site in one process."""

PETSONG = (sys.executable, "-m", "server")
QUICK: Mapping[str, str] = {
    "SWEEP_INTERVAL": "1",
    "GENERATION_POLL_INTERVAL": "1",
    "ORDER_PROBE_SECONDS": "0.5",
    "SUBMISSIONS_PER_HOUR_PER_IP": "1000",
    "RESULTS_PER_HOUR_PER_IP": "1000",
    "SOCKETS_PER_IP": "100000",
    "SOCKET_MESSAGES_PER_MINUTE": "100000",
    "SOCKET_MESSAGES_PER_MINUTE_PER_IP": "1000000",
    # A busy machine may take seconds for a good photo.
    "PHOTO_TIMEOUT_SECONDS": "60",
    "LOG_LEVEL": "INFO",
}
"""The clocks of a test site; the normal path waits for none of them."""
SMALL: Mapping[str, str] = {"RENDER_FORMATS": "square", "VIDEO_RESOLUTION": "360", "VIDEO_FPS": "5"}
"""One video for each song, made in a tenth of the time that the usual ones take."""
LIMITS = httpx.Limits(max_keepalive_connections=0)
"""A site closes a connection that idles for 5 s, perhaps just under the next request."""
USUAL: Mapping[str, Any] = dict.fromkeys(SMALL, "")
"""The changes of a site that makes the videos of a real one."""


def photo(seed: int = 0) -> bytes:
    """Return a 600x600 JPEG whose colour depends on `seed`."""
    colours = np.random.default_rng(seed).integers(40, 216, size=(6, 6, 3), dtype=np.uint8)
    content = io.BytesIO()
    picture = Image.fromarray(colours).resize((600, 600), Image.Resampling.BICUBIC)
    picture.save(content, "JPEG", quality=90)
    return content.getvalue()


def photo_base64(seed: int = 0) -> str:
    """Return `photo` as the form sends it."""
    return base64.b64encode(photo(seed)).decode()


@dataclass
class Site:
    """A running site: its address, the simulator it orders from, and its processes by name."""

    url: str
    simulator: Simulator
    http: httpx.AsyncClient
    folder: Path
    processes: dict[str, ChildServer] = field(default_factory=dict)

    async def submit(self, *, seed: int = 0, **changes: object) -> str:
        """Submit a form and return its session_id."""
        form = write_form(photo_base64(seed), cookie_id=f"cookie_{uuid.uuid4().hex}")
        reply = await self.http.post("/api/submissions", json=form | changes)
        assert reply.status_code == 200, reply.text
        return str(reply.json()["session_id"])

    async def snapshot(self, session_id: str) -> dict[str, Any]:
        reply = await self.http.get(f"/api/submissions/{session_id}")
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    async def wait_for(
        self, session_id: str, timeout_s: float = HANG_S, **expected: object
    ) -> dict[str, Any]:
        """Wait until the snapshot's fields are as `expected` and return it.

        Raises AssertionError if the song has failed instead, after which nothing changes any more.
        """
        snapshot: dict[str, Any] = {}

        async def is_there() -> bool:
            nonlocal snapshot
            snapshot = await self.snapshot(session_id)
            is_expected = expected.items() <= snapshot.items()
            assert is_expected or snapshot["status"] != "fail", snapshot
            return is_expected

        await wait_until(is_there, timeout_s, f"{session_id} with {expected}")
        return snapshot

    async def posts(self) -> list[dict[str, Any]]:
        """Return the orders that the song service has received, oldest first."""
        return list((await self.simulator.ledger())["posts"])

    def output(self) -> str:
        """Return what all processes have written."""
        return "\n".join(process.output() for process in self.processes.values())


def site_environment(
    folder: Path, port: int, simulator: Simulator, changes: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables that confine a site to `folder` and make it order from `simulator`."""
    return {
        **QUICK,
        **SMALL,
        "PORT": str(port),
        "DATABASE_URL": f"sqlite://{folder}/petsong.sqlite3",
        "REDIS_URL": "",
        "SONAUTO_API_KEY": "key-of-the-tests",
        "EXTERNAL_API_URL": simulator.api_url,
        "SONG_CDN_HOSTS": simulator.origin,
        "WEBHOOK_BASE_URL": f"http://127.0.0.1:{port}",
        "IMG_STORAGE": f"{folder}/uploads",
        "AUDIO_STORAGE": f"{folder}/audio",
        "VIDEO_STORAGE": f"{folder}/video",
        "PREVIEW_STORAGE": f"{folder}/preview",
        **changes,
    }


def commands(is_networked: bool) -> dict[str, tuple[str, ...]]:
    """Return the processes of a site: one, or a web with workers and a scheduler."""
    serve: dict[str, tuple[str, ...]] = {"web": ("serve",)}
    if not is_networked:
        return serve
    return serve | {
        "worker": ("worker", "--queue", "default"),
        "second worker": ("worker", "--queue", "default"),
        "render": ("worker", "--queue", "render"),
        "scheduler": ("scheduler",),
    }


@asynccontextmanager
async def open_site(
    folder: Path,
    *,
    network: Network = None,
    delay_s: float = 0.3,
    **changes: str,
) -> AsyncIterator[Site]:
    """Run a site for the duration of the block; `network` names its PostgreSQL and Redis, if any.

    A PostgreSQL database already has its schema: `tests.schema` makes such. `changes` are
    environment variables. Songs are 3 s long and ready after `delay_s`.
    """
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(
            Simulator.start(folder / "simulator", delay_s=delay_s, song_s=3)
        )
        port = free_port()
        variables = site_environment(folder, port, simulator, {**(network or {}), **changes})
        url = f"http://127.0.0.1:{port}"
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=url, trust_env=False, timeout=HANG_S, limits=LIMITS)
        )
        site = Site(url, simulator, http, folder)
        words_by_name = commands(is_networked=network is not None)
        hosts = {name: folder / "hosts" / name for name in words_by_name}
        for host in hosts.values():
            host.mkdir(parents=True)
        site.processes = {
            name: ChildServer(
                [*PETSONG, *words],
                log_path=folder / f"{name}.log",
                environment=variables,
                folder=hosts[name],
                ready_url=f"{url}/api/health/live" if name == "web" else None,
                ready_output="" if name == "web" else "started",
            )
            for name, words in words_by_name.items()
        }
        await asyncio.gather(*map(stack.enter_async_context, site.processes.values()))
        yield site
