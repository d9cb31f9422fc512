"""A site whose servers and processes can be broken and repaired.

Invariant: `check` examines what came in through `submit`; `heal` restores every process of the site
as it was first started.
"""

import asyncio
import base64
import io
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from redis.asyncio import Redis

from renderer import RenderSpec
from server.simulator.faults import Fault, Switch
from tests.faults.history import History
from tests.faults.invariants import Colour, Findings, examine
from tests.faults.processes import is_listened_to
from tests.schema import create_database, migrate
from tests.servers import HANG_S, ChildServer, PostgresServer, RedisServer, wait_until
from tests.servers.server import Server
from tests.sites import PETSONG, Site, open_site, site_environment

LEASE_S = 4
GRACE_S = 4
SMALL_SPEC = RenderSpec(width_px=360, height_px=360, fps=5)  # as tests.sites has it
CLOCKS = {"LEASE_SECONDS": str(LEASE_S), "AMBIGUOUS_GRACE_SECONDS": str(GRACE_S)}
# More than usual: with so many kills, one song may well be hit three times.
MANY_TRIES = {"MAX_RETRIES": "8"}
LEVELS = (60, 128, 196)
ROLES = {"web", "worker", "second worker", "render", "scheduler"}
RICH = Switch(Fault.CREDITS, {"num_credits": 10_000_000, "num_credits_payg": 0})


def choose_colour(seed: int) -> Colour:
    """Return one of 27 colours that remain distinct in a video."""
    return LEVELS[seed % 3], LEVELS[seed // 3 % 3], LEVELS[seed // 9 % 3]


@cache
def paint(colour: Colour) -> str:
    """Return a photo of one colour, encoded as the form sends it."""
    content = io.BytesIO()
    Image.new("RGB", (600, 600), colour).save(content, "JPEG", quality=95)
    return base64.b64encode(content.getvalue()).decode()


@dataclass(kw_only=True)
class Patient:
    """A site, and what was submitted since the last check."""

    site: Site
    history: History
    variables: Mapping[str, str]
    spec: RenderSpec = SMALL_SPEC
    submitted: dict[str, Colour] = field(default_factory=dict)
    extras: dict[str, ChildServer] = field(default_factory=dict)
    answers: list[httpx.Response] = field(default_factory=list)
    keys: dict[str, Colour] = field(default_factory=dict)

    async def submit(self, **changes: Any) -> str:
        """Submit a form with a photo in its own colour; return the session_id."""
        colour = choose_colour(len(self.submitted))
        self.submitted[session_id := await self.site.submit(**form(colour) | changes)] = colour
        return session_id

    async def try_to_submit(
        self, key: str, url: str | None = None, http: httpx.AsyncClient | None = None
    ) -> str | None:
        """Send the form that `key` identifies, whether or not it was sent before.

        Returns the session_id, or None without an answer that has one; `check` examines both.
        """
        colour = self.keys.setdefault(key, choose_colour(len(self.keys)))
        fields = {"pet_type": "Dog", "music_vibe": "Romantic", "cookie_id": f"cookie_{key}"}
        headers = {"Idempotency-Key": key}
        browser, address = http or self.site.http, f"{url or self.site.url}/api/submissions"
        try:
            reply = await browser.post(address, json=form(colour) | fields, headers=headers)
        except httpx.TransportError:
            return None
        if reply.status_code != HTTPStatus.OK:
            return None
        session_id = str(reply.json()["session_id"])
        self.submitted[session_id] = colour
        return session_id

    def statuses(self) -> set[int]:
        """Return the status codes of all answers since the last check."""
        return {answer.status_code for answer in self.answers}

    async def submit_many(self, count: int) -> list[str]:
        """Submit `count` forms one after the other."""
        return [await self.submit() for _ in range(count)]

    async def reach(self, session_id: str, *stages: str, timeout_s: float = HANG_S) -> None:
        """Wait until the submission has reached one of the stages or gone past it."""

        async def has_come() -> bool:
            return not set(stages).isdisjoint((await self.history.stages())[session_id])

        await wait_until(has_come, timeout_s, f"{session_id} reaches {' or '.join(stages)}")

    async def start(self, name: str, *words: str, **changes: str) -> ChildServer:
        """Start another process of the site with other environment variables."""
        web = f"http://127.0.0.1:{changes['PORT']}/api/health/live" if "PORT" in changes else None
        process = ChildServer(
            [*PETSONG, *words],
            log_path=self.site.folder / f"{name}.log",
            environment={**self.variables, **changes},
            ready_url=web,
            ready_output="" if web else "started",
        )
        self.extras[name] = self.site.processes[name] = process
        await process.start()
        return process

    def kill(self, *names: str) -> None:
        """Kill processes of the site (SIGKILL), with their children."""
        for name in names:
            self.site.processes[name].kill()

    def pause(self, *names: str) -> None:
        """Freeze processes of the site (SIGSTOP)."""
        for name in names:
            self.site.processes[name].pause()

    def resume(self, *names: str) -> None:
        for name in names:
            self.site.processes[name].resume()

    async def heal(self) -> None:
        """Restart what was broken, and stop what a test started in addition."""
        for process in self.extras.values():
            process.kill()
        self.extras.clear()
        await revive(one for name, one in self.site.processes.items() if name in ROLES)
        await self.set_faults()

    async def set_faults(self, *switches: Switch) -> None:
        """Set exactly these faults of the song service, which has unlimited credits."""
        await self.site.simulator.set_faults(RICH, *switches)

    async def check(self, *, ambiguous: int = 0, timeout_s: float = HANG_S) -> Findings:
        """Examine what was submitted; at most `ambiguous` songs may have been paid for twice."""
        findings = await examine(
            self.site,
            self.history,
            self.submitted,
            spec=self.spec,
            ambiguous=self.submitted if ambiguous else (),
            timeout_s=timeout_s,
        )
        if len(findings.paid_twice) > ambiguous:
            findings.problems.append(f"I3 {len(findings.paid_twice)} were paid for twice")
        if any("Traceback" in answer.text for answer in self.answers):
            findings.problems.append("I6 a traceback is in an answer")
        assert not findings.problems, "\n".join(findings.problems)
        self.submitted.clear()
        self.answers.clear()
        return findings


@dataclass(kw_only=True)
class Fleet(Patient):
    """A networked site and the servers it depends on."""

    redis: RedisServer
    postgres: PostgresServer

    async def heal(self) -> None:
        """Restore the servers, then the site, and wait until it listens again."""
        await revive((self.redis, self.postgres))
        await super().heal()
        async with Redis.from_url(self.redis.url) as redis:
            await redis.config_set("maxmemory", "0")
            await wait_until(partial(is_listened_to, redis), message="the workers listen to Redis")


async def revive(servers: Iterable[Server]) -> None:
    """Resume the frozen servers and start the dead ones."""
    every = list(servers)
    for server in every:
        server.resume()
    await asyncio.gather(*(server.start() for server in every if not server.child.is_running))


def form(colour: Colour) -> dict[str, Any]:
    """Return what differs from the usual form: a photo of one colour, and distinctive names."""
    return {"photo": paint(colour), "pet_name": "Xanthippe", "owner_name": "Quasimodo"}


@asynccontextmanager
async def open_fleet(
    folder: Path, redis: RedisServer, postgres: PostgresServer, **changes: str
) -> AsyncIterator[Fleet]:
    """Run a site on these servers during the block; `changes` are environment variables."""
    database_url = await create_database(postgres)
    network = {"DATABASE_URL": database_url, "REDIS_URL": redis.url}
    settings: dict[str, Any] = {**CLOCKS, **MANY_TRIES, **changes}
    history = History(database_url)
    async with open_site(folder, network=network, **settings) as site:
        await history.begin()
        port = int(site.url.rpartition(":")[2])
        variables = site_environment(folder, port, site.simulator, {**network, **settings})
        fleet = Fleet(
            site=site, history=history, variables=variables, redis=redis, postgres=postgres
        )
        await begin(fleet)
        yield fleet
        await fleet.heal()
        await history.close()


@asynccontextmanager
async def open_embedded(folder: Path, **changes: str) -> AsyncIterator[Patient]:
    """Run a site in one process on SQLite for the duration of the block."""
    database = {"DATABASE_URL": f"sqlite://{folder}/petsong.sqlite3"}
    settings: dict[str, Any] = {**CLOCKS, **MANY_TRIES, **database, **changes}
    await migrate(settings["DATABASE_URL"])
    history = History(settings["DATABASE_URL"])
    await history.begin()
    async with open_site(folder, **settings) as site:
        patient = Patient(site=site, history=history, variables={})
        await begin(patient)
        yield patient
        await patient.heal()


async def begin(patient: Patient) -> None:
    """Give the song service credits, and record what the site answers."""

    async def keep(answer: httpx.Response) -> None:
        await answer.aread()
        patient.answers.append(answer)

    patient.site.http.event_hooks["response"].append(keep)
    await patient.set_faults()
