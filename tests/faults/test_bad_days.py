"""Our own processes, clocks and servers fail while songs are being paid for.

A step is tried only once, so anything that counts against a song ends it.
"""

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest

from server.simulator.faults import Fault, Switch
from tests.faults.fleet import Fleet, open_fleet
from tests.servers import PostgresServer, RedisServer, wait_until
from tests.servers.programs import find_faketime

GRACE_S = "120"
"""Longer than any test here: what is ordered again within it is ordered by mistake."""
NO_NEWS = Switch(Fault.WEBHOOK_NEVER)
WORKERS = ("worker", "second worker", "render", "scheduler")
CUT_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
AGE_SONGS = """UPDATE submissions SET "sent_to_LLM" = "sent_to_LLM" - interval '12 minutes',
    stage_since = stage_since - interval '12 minutes'"""


@pytest.fixture(scope="module")
async def strict_fleet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    folder = tmp_path_factory.mktemp("strict")
    async with (
        RedisServer() as redis,
        PostgresServer() as postgres,
        open_fleet(
            folder, redis, postgres, MAX_RETRIES="1", AMBIGUOUS_GRACE_SECONDS=GRACE_S
        ) as fleet,
    ):
        yield fleet


@pytest.fixture
async def fleet(strict_fleet: Fleet) -> AsyncIterator[Fleet]:
    """A site that is intact at the start and examined at the end."""
    yield strict_fleet
    await strict_fleet.heal()
    await strict_fleet.check()


async def orders(fleet: Fleet) -> int:
    return len(await fleet.site.posts())


@pytest.mark.fault(97)
async def test_an_order_answered_without_a_database_is_not_lost(fleet: Fleet) -> None:
    await fleet.set_faults(Switch(Fault.CREATE_SLOW, 4.0, times=1), NO_NEWS)
    before = await orders(fleet)
    session_id = await fleet.submit()
    await wait_until(lambda: _has_ordered(fleet, before + 1))

    await fleet.postgres.stop(signal.SIGQUIT)
    await wait_until(lambda: "order_not_recorded" in fleet.site.output())
    await fleet.postgres.start()

    assert (await fleet.check()).succeeded == [session_id]
    assert await orders(fleet) == before + 1


@pytest.mark.fault(98)
async def test_a_deploy_waits_for_an_order_in_progress(fleet: Fleet) -> None:
    await fleet.set_faults(Switch(Fault.CREATE_SLOW, 9.0, times=1), NO_NEWS)
    before = await orders(fleet)
    session_id = await fleet.submit()
    await wait_until(lambda: _has_ordered(fleet, before + 1))

    workers = [fleet.site.processes[name] for name in ("worker", "second worker")]
    ends = await asyncio.gather(*(one.stop(signal.SIGTERM) for one in workers))
    assert ends == [0, 0]
    stages = (await fleet.history.stages())[session_id]
    await fleet.heal()

    assert "composing" in stages, "the answer was written down before the end"
    assert (await fleet.check()).succeeded == [session_id]
    assert await orders(fleet) == before + 1


@pytest.mark.fault(95)
async def test_songs_that_finish_while_the_site_is_down_become_videos(fleet: Fleet) -> None:
    songs = await fleet.submit_many(4)
    for session_id in songs:
        await fleet.reach(session_id, "composing")
    fleet.kill(*WORKERS)
    await fleet.history.execute(AGE_SONGS)

    await fleet.heal()

    assert sorted((await fleet.check()).succeeded) == sorted(songs)


@pytest.mark.fault(89)
async def test_a_host_with_a_fast_clock_takes_no_lease(fleet: Fleet) -> None:
    await fleet.set_faults(NO_NEWS)
    clock = {
        "LD_PRELOAD": str(find_faketime()),
        "FAKETIME": "+660",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    before = await orders(fleet)
    fleet.kill("second worker", "scheduler")
    await fleet.start("fast worker", "worker", "--queue", "default", **clock)
    await fleet.start("fast scheduler", "scheduler", **clock)

    songs = await fleet.submit_many(6)

    assert sorted((await fleet.check()).succeeded) == sorted(songs)
    assert await orders(fleet) == before + len(songs)
    assert "T" in fleet.site.processes["fast worker"].output()


@pytest.mark.fault(100)
@pytest.mark.parametrize("stage", ["downloading", "rendering"])
async def test_a_database_restart_during_a_step_costs_no_song(fleet: Fleet, stage: str) -> None:
    slow = [Switch(Fault.DOWNLOAD_DRIP, 20_000)] if stage == "downloading" else []
    await fleet.set_faults(*slow)
    songs = await fleet.submit_many(4)
    for _ in range(2):
        await fleet.reach(songs[-1], stage, "ready")
        await fleet.postgres.stop(signal.SIGQUIT)
        await fleet.postgres.start()

    assert sorted((await fleet.check()).succeeded) == sorted(songs)


@pytest.mark.fault(100)
async def test_an_exhausted_pool_costs_no_song(fleet: Fleet) -> None:
    songs = await fleet.submit_many(3)
    await fleet.reach(songs[0], "composing")
    waited = _waits_in_vain(fleet)
    await fleet.history.execute("BEGIN; LOCK TABLE submissions")
    try:
        # Statements time out after ten seconds; a step may have begun before.
        await wait_until(lambda: _waits_in_vain(fleet) > waited)
    finally:
        await fleet.history.execute("ROLLBACK")

    assert sorted((await fleet.check()).succeeded) == sorted(songs)


@pytest.mark.fault(100)
async def test_a_temporarily_read_only_database_costs_no_song(
    fleet: Fleet,
) -> None:
    await fleet.set_faults(Switch(Fault.CREATE_SLOW, 3.0, times=1))
    before = await orders(fleet)
    songs = await fleet.submit_many(3)
    await wait_until(lambda: _has_ordered(fleet, before + 1))
    waited = _waits_in_vain(fleet)
    name = (await fleet.history.ask("SELECT current_database()"))[0][0]
    setting = f'ALTER DATABASE "{name}" SET default_transaction_read_only'
    await fleet.history.execute(f"{setting} = on; {CUT_OTHERS}")
    try:
        await wait_until(lambda: _waits_in_vain(fleet) > waited)
        assert await fleet.try_to_submit("read-only") is None
    finally:
        await fleet.history.execute(f"{setting} = off")
        await fleet.history.execute(CUT_OTHERS)
    songs.append(str(await wait_until(lambda: fleet.try_to_submit("read-only"))))

    assert fleet.statuses() <= {200, 503}
    assert sorted((await fleet.check()).succeeded) == sorted(songs)


async def _has_ordered(fleet: Fleet, count: int) -> bool:
    return await orders(fleet) >= count


def _waits_in_vain(fleet: Fleet) -> int:
    """Return how often a process had to do without the database."""
    output = fleet.site.output()
    events = ("heartbeat_missed", "step_waits", "TimeoutError")
    return sum(output.count(event) for event in events)
