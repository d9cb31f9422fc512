"""Processes killed at random, round after round, and the songs counted in the end.

`ROUNDS=3 make soak` plays a short one.
"""

import asyncio
import os
import random
from pathlib import Path

import pytest

from tests.faults.fleet import ROLES, Fleet, open_fleet
from tests.faults.invariants import Findings, examine
from tests.servers import PostgresServer, RedisServer, wait_until

ROUNDS = int(os.environ.get("ROUNDS") or 200)
SONGS = 20
KILLS = 4
ROUND_S = 4.0
"""Within this time the processes of a round are killed; each is started again at once."""
GRACE_S = "30"
"""As in real life longer than a song takes, even here: otherwise it is bought again too soon."""
COLUMNS = ("rounds", "kills", "songs", "ready", "failed", "lost", "published twice", "paid twice")


async def kill_at_random(fleet: Fleet, chance: random.Random) -> None:
    names = [*sorted(ROLES), "redis"]
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0, ROUND_S / KILLS))
        name = chance.choice(names)
        victim = fleet.redis if name == "redis" else fleet.site.processes[name]
        victim.kill()
        await victim.start()


async def submit_stubbornly(fleet: Fleet, key: str, delay_s: float) -> None:
    """Send a form as a visitor does, who presses the button again until it is taken."""
    await asyncio.sleep(delay_s)

    async def is_taken() -> str | None:
        return await fleet.try_to_submit(key)

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


@pytest.mark.soak
async def test_row_71_nothing_is_lost_however_often_processes_die(tmp_path: Path) -> None:
    chance = random.Random(71)
    sums = dict.fromkeys(COLUMNS, 0)
    problems: list[str] = []
    async with (
        RedisServer() as redis,
        PostgresServer() as postgres,
        open_fleet(tmp_path, redis, postgres, AMBIGUOUS_GRACE_SECONDS=GRACE_S) as fleet,
    ):
        for number in range(ROUNDS):
            findings = await play(fleet, number, chance)
            ready = len(findings.succeeded)
            lost = len(findings.lost)
            twice = (len(findings.published_twice), len(findings.paid_twice))
            counts = (1, KILLS, SONGS, ready, SONGS - ready - lost, lost, *twice)
            sums = {name: sums[name] + count for name, count in zip(COLUMNS, counts, strict=True)}
            problems += findings.problems
            print("  ".join(f"{name} {count}" for name, count in sums.items()), flush=True)

    assert not problems, "\n".join(problems)
    assert (sums["lost"], sums["published twice"], sums["paid twice"]) == (0, 0, 0)
