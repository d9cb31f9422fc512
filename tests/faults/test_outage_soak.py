"""Hours in which the song service fails a third of the time and the site is down once.

A minute lasts MINUTE_S seconds (60, or the environment's value), and the site's limits scale with
it. `MINUTE_S=4 make soak ARGS="-k outage"` runs an hour and a half in six minutes.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from server.simulator.faults import Fault, Switch
from tests.faults.fleet import Fleet, open_fleet
from tests.faults.invariants import examine
from tests.servers import PostgresServer, RedisServer, wait_until

MINUTE_S = float(os.environ.get("MINUTE_S") or 60)
CYCLES = int(os.environ.get("CYCLES") or 6)
CYCLE, OUTAGE, ABSENCE = 15, 5, 12
"""Minutes from one outage to the next, of an outage, and of our own absence."""
SONGS_A_MINUTE = float(os.environ.get("SONGS_A_MINUTE") or 4)
KINDS = (
    Switch(Fault.API_STATUS, 503),
    Switch(Fault.API_STATUS, 308),
    Switch(Fault.CREATE_STATUS, 403),
    Switch(Fault.API_HANGS),
)
OUR_PROCESSES = ("web", "worker", "second worker", "render", "scheduler")


@asynccontextmanager
async def open_scaled_fleet(folder: Path) -> AsyncIterator[Fleet]:
    """Run a site on which a minute lasts MINUTE_S."""
    limits = {
        "ORDER_PROBE_SECONDS": MINUTE_S / 6,
        "API_REQUEST_TIMEOUT_SECONDS": max(2.0, MINUTE_S / 2),
        "AMBIGUOUS_GRACE_SECONDS": round(max(15, 4 * MINUTE_S)),
        "WEBHOOK_TIMEOUT_MINUTES": 10 * MINUTE_S / 60,
        "MAX_RETRIES": 3,
    }
    changes = {name: str(value) for name, value in limits.items()}
    async with (
        RedisServer() as redis,
        PostgresServer() as postgres,
        open_fleet(folder, redis, postgres, **changes) as fleet,
    ):
        yield fleet


async def fail_in_turn(fleet: Fleet) -> None:
    """Make the song service fail for the first minutes of each cycle, each time differently."""
    for cycle in range(CYCLES):
        kind = KINDS[cycle % len(KINDS)]
        await asyncio.sleep((CYCLE - OUTAGE) * MINUTE_S)
        print(f"cycle {cycle}: {kind}", flush=True)
        await fleet.set_faults(kind)
        await asyncio.sleep(OUTAGE * MINUTE_S)
        await fleet.set_faults()


async def be_away_once(fleet: Fleet) -> None:
    """Kill all our processes in the middle of it, and start them minutes later."""
    await asyncio.sleep(CYCLES / 2 * CYCLE * MINUTE_S)
    print("the site is away", flush=True)
    fleet.kill(*OUR_PROCESSES)
    await asyncio.sleep(ABSENCE * MINUTE_S)
    for name in OUR_PROCESSES:
        await fleet.site.processes[name].start()


async def keep_submitting(fleet: Fleet, stop: asyncio.Event) -> None:
    """Send forms now and then, each until it is accepted."""
    chance = random.Random(0)
    number = 0
    while not stop.is_set():
        number += 1
        key = f"song-{number}"

        async def is_taken(key: str = key) -> str | None:
            return await fleet.try_to_submit(key)

        await wait_until(is_taken, 60 * MINUTE_S + 60, f"{key} is taken")
        pause_s = chance.expovariate(SONGS_A_MINUTE / MINUTE_S)
        await asyncio.wait([asyncio.create_task(stop.wait())], timeout=pause_s)


@pytest.mark.fault(94, 95)
@pytest.mark.soak
async def test_outages_and_downtime_cost_no_song(tmp_path: Path) -> None:
    async with open_scaled_fleet(tmp_path) as fleet:
        stop = asyncio.Event()
        visitors = asyncio.create_task(keep_submitting(fleet, stop))
        await asyncio.gather(fail_in_turn(fleet), be_away_once(fleet))
        stop.set()
        await visitors
        findings = await examine(
            fleet.site,
            fleet.history,
            fleet.submitted,
            spec=fleet.spec,
            timeout_s=30 * MINUTE_S + 120,
        )
        failed = [one for one, end in findings.ends.items() if end == "failed"]
        print(
            f"songs {len(fleet.submitted)}  ready {len(findings.succeeded)}  "
            f"failed {len(failed)}  lost {len(findings.lost)}  "
            f"paid twice {len(findings.paid_twice)}",
            flush=True,
        )
        fleet.submitted.clear()
        fleet.answers.clear()

        assert not findings.problems, "\n".join(findings.problems)
        assert (failed, findings.lost, findings.paid_twice) == ([], [], [])
