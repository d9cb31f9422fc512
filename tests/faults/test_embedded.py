"""The site in one process on SQLite: killed while writing, locked out, flooded with messages."""

import asyncio
import json
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path

import pytest

from server.simulator.faults import Fault, Switch
from server.simulator.generation import Status
from tests.faults.disks import POWERLESS, Disk, open_disk
from tests.faults.fleet import Patient, open_embedded
from tests.faults.processes import children_of, kill_within
from tests.servers import wait_until


def check_integrity(disk: Disk) -> str:
    connection = sqlite3.connect(disk.folder / "petsong.sqlite3")
    [(verdict,)] = connection.execute("PRAGMA integrity_check").fetchall()
    connection.close()
    return str(verdict)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    """A disk for the database alone."""
    with open_disk(tmp_path_factory.mktemp("disk")) as disk:
        yield disk


@pytest.fixture(scope="module")
async def patient(tmp_path_factory: pytest.TempPathFactory, disk: Disk) -> AsyncIterator[Patient]:
    folder = tmp_path_factory.mktemp("embedded")
    changes = {
        "DATABASE_URL": f"sqlite://{disk.folder}/petsong.sqlite3",
        # Longer than a song takes beside all other tests; otherwise it is bought again too soon.
        "AMBIGUOUS_GRACE_SECONDS": "10",
    }
    async with open_embedded(folder, **changes) as patient:
        yield patient


@pytest.mark.fault(70)
@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=pytest.mark.soak)])
async def test_every_receipt_survives_a_killed_site(
    patient: Patient, disk: Disk, kills: int
) -> None:
    chance = random.Random(70)
    web = patient.site.processes["web"]
    receipts: list[str] = []
    for number in range(kills):
        receipts.append(str(await patient.try_to_submit(f"{number}-first")))
        death = asyncio.create_task(kill_within(web, chance.uniform(0.1, 0.4)))
        for song in range(8):
            receipt = await patient.try_to_submit(f"{number}-{song}")
            receipts += [receipt] if receipt else []
        await death
        assert check_integrity(disk) == "ok"
        await web.start()

    # A song whose webhook found no site was ordered again; one that lost it twice failed.
    findings = await patient.check(ambiguous=len(receipts))
    assert set(findings.ends) == set(receipts)


@pytest.mark.fault(70)
async def test_a_locked_database_accepts_no_form_and_recovers(patient: Patient, disk: Disk) -> None:
    other = sqlite3.connect(disk.folder / "petsong.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused = await patient.try_to_submit("locked")
    other.execute("ROLLBACK")
    other.close()

    assert refused is None
    assert patient.statuses() == {503}
    assert await patient.try_to_submit("locked")
    await patient.check()


async def hand_in_until_refused(patient: Patient, key: str) -> list[str]:
    """Send forms until one is refused; return the receipts of the others."""
    receipts: list[str] = []
    while receipt := await patient.try_to_submit(f"{key}-{len(receipts)}"):
        receipts.append(receipt)
    return receipts


async def is_healthy(patient: Patient) -> bool:
    return (await patient.site.http.get("/api/health")).status_code == 200


@pytest.mark.fault(70)
async def test_a_full_disk_accepts_no_form_and_recovers(patient: Patient, disk: Disk) -> None:
    before = len(patient.site.output())
    with disk.full(patient.site.processes["web"].child.pid):
        receipts = await hand_in_until_refused(patient, "full")
        # Each worker has failed to write its heartbeat, and keeps trying.
        await wait_until(lambda: missed_heartbeats(patient, before) == {"default", "render"})
    assert await patient.try_to_submit(f"full-{len(receipts)}")

    assert patient.statuses() == {200, 503}
    assert check_integrity(disk) == "ok"
    await wait_until(lambda: is_healthy(patient))
    receipts = list(patient.submitted)
    assert sorted((await patient.check()).succeeded) == sorted(receipts)


@pytest.mark.fault(70)
async def test_a_read_only_database_accepts_no_form(patient: Patient, disk: Disk) -> None:
    web, database = patient.site.processes["web"], disk.folder / "petsong.sqlite3"
    command = web.child.command
    receipt = await patient.submit()
    await patient.reach(receipt, "ready")
    await web.stop()
    database.chmod(0o444)
    web.child.command = [*POWERLESS, *command]
    await web.start()

    assert await patient.try_to_submit("sealed") is None
    assert patient.answers[-1].status_code == 503
    assert (await patient.site.snapshot(receipt))["status"] == "success"
    await web.stop()

    database.chmod(0o644)
    web.child.command = command
    await web.start()
    assert await patient.try_to_submit("sealed")
    assert check_integrity(disk) == "ok"
    await patient.check()


def missed_heartbeats(patient: Patient, start: int) -> set[str]:
    """Return the queues whose worker could not write its heartbeat, by the log from `start` on."""
    lines = patient.site.output()[start:].splitlines()
    missed = [json.loads(line) for line in lines if "heartbeat_missed" in line]
    return {line["queue"] for line in missed if "queue" in line}


@pytest.mark.fault(61)
@pytest.mark.soak
async def test_a_hundred_webhooks_at_once_keep_nobody_waiting(tmp_path: Path) -> None:
    async with open_embedded(tmp_path) as patient:
        await patient.set_faults(Switch(Fault.GENERATION_STUCK), Switch(Fault.WEBHOOK_NEVER))
        songs = await patient.submit_many(10)
        for session_id in songs:
            await patient.reach(session_id, "composing")
        orders = [str(post["task_id"]) for post in await patient.site.posts()]
        renders, waits_s = await watch_while(patient, enqueue_all(patient, orders))

    assert max(renders) == 1
    assert sorted(waits_s)[int(0.99 * len(waits_s))] < 1


async def enqueue_all(patient: Patient, orders: list[str]) -> None:
    simulator = patient.site.simulator
    await asyncio.gather(*map(simulator.finish, orders))
    webhooks = (simulator.post_webhook(order, Status.SUCCESS, copies=10) for order in orders)
    await asyncio.gather(*webhooks)
    assert len((await patient.check()).succeeded) == len(orders)


async def watch_while(
    patient: Patient, work: Coroutine[None, None, None]
) -> tuple[list[int], list[float]]:
    """Poll the site until the work is done.

    Returns how many children were rendering each time, and how long each answer took in seconds.
    """
    task = asyncio.create_task(work)
    pid = patient.site.processes["web"].child.pid
    renders: list[int] = []
    waits_s: list[float] = []
    while not task.done():
        start = time.monotonic()
        await patient.site.http.get("/api/availability")
        waits_s.append(time.monotonic() - start)
        renders.append(sum("renderer.child" in command for _, command in children_of(pid)))
    await task
    return renders, waits_s
