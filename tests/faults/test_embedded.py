"""The site in one process on SQLite: killed while it writes, locked out, and rung at by many."""

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path

import pytest

from server.simulator.faults import Fault, Switch
from server.simulator.generation import Status
from tests.faults.fleet import Patient, open_embedded
from tests.faults.processes import children_of, kill_within


def check_integrity(folder: Path) -> str:
    connection = sqlite3.connect(folder / "petsong.sqlite3")
    [(verdict,)] = connection.execute("PRAGMA integrity_check").fetchall()
    connection.close()
    return str(verdict)


@pytest.fixture(scope="module")
async def patient(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Patient]:
    async with open_embedded(tmp_path_factory.mktemp("embedded")) as patient:
        yield patient


@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=pytest.mark.soak)])
async def test_row_70_every_receipt_outlives_a_killed_site(patient: Patient, kills: int) -> None:
    chance = random.Random(70)
    web = patient.site.processes["web"]
    receipts: list[str] = []
    for number in range(kills):
        death = asyncio.create_task(kill_within(web, chance.uniform(0.1, 0.4)))
        for song in range(8):
            receipt = await patient.try_to_submit(f"{number}-{song}")
            receipts += [receipt] if receipt else []
        await death
        assert check_integrity(patient.site.folder) == "ok"
        await web.start()
    assert receipts

    # Whose webhook found nobody there was ordered once more; whose was lost twice has failed.
    findings = await patient.check(ambiguous=len(receipts))
    assert set(findings.ends) == set(receipts)


async def test_row_70_a_locked_database_takes_no_form_and_recovers(patient: Patient) -> None:
    stranger = sqlite3.connect(patient.site.folder / "petsong.sqlite3", isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    refused = await patient.try_to_submit("locked")
    stranger.execute("ROLLBACK")
    stranger.close()

    assert refused is None
    assert patient.statuses() == {503}
    assert await patient.try_to_submit("locked")
    await patient.check()


@pytest.mark.soak
async def test_row_61_a_hundred_webhooks_at_once_keep_nobody_waiting(tmp_path: Path) -> None:
    async with open_embedded(tmp_path) as patient:
        await patient.set_faults(Switch(Fault.GENERATION_STUCK), Switch(Fault.WEBHOOK_NEVER))
        songs = await patient.submit_many(10)
        for session_id in songs:
            await patient.reach(session_id, "composing")
        orders = [str(post["task_id"]) for post in await patient.site.posts()]
        renders, waits_s = await watch_while(patient, ring_all(patient, orders))

    assert max(renders) == 1
    assert sorted(waits_s)[int(0.99 * len(waits_s))] < 1


async def ring_all(patient: Patient, orders: list[str]) -> None:
    simulator = patient.site.simulator
    await asyncio.gather(*map(simulator.finish, orders))
    rings = (simulator.ring(order, Status.SUCCESS, copies=10) for order in orders)
    await asyncio.gather(*rings)
    assert len((await patient.check()).succeeded) == len(orders)


async def watch_while(
    patient: Patient, work: Coroutine[None, None, None]
) -> tuple[list[int], list[float]]:
    """Ask the site again and again until the work is done.

    Returns how many children rendered at each time, and how long each answer took in seconds.
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
