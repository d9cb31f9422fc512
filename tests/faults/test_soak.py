"""Processes killed at random, round after round, and the songs counted at the end.

`ROUNDS=3 make soak` is a short run; `FLEETS=1` tests one site at a time.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.faults.fleet import ROLES, Fleet, open_fleet
from tests.faults.invariants import Findings, examine
from tests.servers import PostgresServer, RedisServer, free_port, wait_until
from tests.servers.proxy import Proxy

ROUNDS = int(os.environ.get("ROUNDS") or 200)
SECOND_WEB = "second web"
FLEETS = int(os.environ.get("FLEETS") or 4)
"""Sites side by side: most of a round is waiting, a minute for a song whose order was lost."""
SONGS = 20
KILLS = 4
ROUND_S = 4.0
"""Within this time the processes of a round are killed; each is started again at once."""
GRACE_S = "60"
"""As in real life longer than a song takes, even here: otherwise it is bought again too soon."""
COLUMNS = ("rounds", "kills", "songs", "ready", "failed", "lost", "published twice", "paid twice")


async def kill_at_random(fleet: Fleet, chance: random.Random) -> None:
    names = [*sorted(ROLES), SECOND_WEB, "redis"]
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0, ROUND_S / KILLS))
        name = chance.choice(names)
        victim = fleet.redis if name == "redis" else fleet.site.processes[name]
        victim.kill()
        await victim.start()


async def submit_stubbornly(fleet: Fleet, key: str, delay_s: float) -> None:
    """Send a form as a visitor would, who clicks the button until it is accepted."""
    await asyncio.sleep(delay_s)

    async def is_taken() -> str | None:
        return await fleet.try_to_submit(key, fleet.variables["WEBHOOK_BASE_URL"])

    await wait_until(is_taken, 60, f"{key} is taken")


async def play(fleet: Fleet, number: int, chance: random.Random) -> Findings:
    visitors = (
        submit_stubbornly(fleet, f"{number}-{song}", chance.uniform(0, ROUND_S))
        for song in range(SONGS)
    )
    await asyncio.gather(kill_at_random(fleet, chance), *visitors)
    findings = await examine(
        fleet.site,
        fleet.history,
        fleet.submitted,
        spec=fleet.spec,
        ambiguous=fleet.submitted,
        timeout_s=120,
    )
    fleet.submitted.clear()
    fleet.answers.clear()
    return findings


class Tally:
    """The totals of all fleets' rounds; printed after each round."""

    def __init__(self) -> None:
        self.sums = dict.fromkeys(COLUMNS, 0)
        self.problems: list[str] = []

    def add(self, findings: Findings) -> None:
        ready = len(findings.succeeded)
        lost = len(findings.lost)
        twice = (len(findings.published_twice), len(findings.paid_twice))
        counts = (1, KILLS, SONGS, ready, SONGS - ready - lost, lost, *twice)
        for name, count in zip(COLUMNS, counts, strict=True):
            self.sums[name] += count
        self.problems += findings.problems
        print("  ".join(f"{name} {count}" for name, count in self.sums.items()), flush=True)


@asynccontextmanager
async def open_own_fleet(folder: Path) -> AsyncIterator[Fleet]:
    """Start a fleet with servers of its own to break, and two web processes behind one address."""
    async with RedisServer() as redis, PostgresServer() as postgres, Proxy() as front:
        changes = {
            "AMBIGUOUS_GRACE_SECONDS": GRACE_S,
            "WEBHOOK_BASE_URL": f"http://127.0.0.1:{front.port}",
        }
        async with open_fleet(folder, redis, postgres, **changes) as fleet:
            port = free_port()
            await fleet.start(SECOND_WEB, "serve", PORT=str(port))
            front.target_ports = (int(fleet.variables["PORT"]), port)
            yield fleet


async def play_on(fleet: Fleet, seed: int, numbers: Iterator[int], tally: Tally) -> None:
    """Run rounds on a fleet until none are left."""
    chance = random.Random(seed)
    for number in numbers:
        tally.add(await play(fleet, number, chance))


@pytest.mark.fault(71)
@pytest.mark.soak
async def test_nothing_is_lost_however_often_processes_die(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    tally = Tally()
    numbers = iter(range(ROUNDS))
    async with AsyncExitStack() as stack:
        fleets = [
            await stack.enter_async_context(open_own_fleet(tmp_path_factory.mktemp("fleet")))
            for _ in range(FLEETS)
        ]
        async with asyncio.TaskGroup() as playing:
            for seed, fleet in enumerate(fleets):
                playing.create_task(play_on(fleet, seed, numbers, tally))

    assert not tally.problems, "\n".join(tally.problems)
    # A song is bought again only if both its order's answer and its webhook were lost: I3.
    assert [tally.sums[name] for name in ("lost", "published twice")] == [0, 0]
