"""Lost pushes, half-open sockets, and a socket that floods."""

import time
from contextlib import AsyncExitStack

import pytest
from redis.asyncio import Redis

from benchmarks.crowd import Crowd, open_crowd
from realtime.events import NOT_FOUND, Event
from server.ids import new_session_id
from server.simulator.faults import Fault, Switch
from tests.faults.browser import open_browser
from tests.faults.fleet import Fleet
from tests.faults.processes import count_files
from tests.servers import Proxy, wait_until

SLOW_END = """
CREATE FUNCTION end_slowly() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_sleep(3);
    RETURN NEW;
END $$;
CREATE TRIGGER end_slowly BEFORE UPDATE ON submissions
    FOR EACH ROW WHEN (NEW.stage = 'ready') EXECUTE FUNCTION end_slowly();
"""
QUICK_END = "DROP FUNCTION end_slowly() CASCADE"
ENDING = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"


WAITING = """
INSERT INTO submissions (session_id, created_at, owner_name, photo_path, pet_name, pet_type,
    music_vibe, stage, stage_since, version, next_run_at, fence, attempts, press_due_at,
    press_attempts)
SELECT 'v' || lpad(n::text, 23, '0'), now(), '', '', '', 'Dog', 'Romantic', 'queued', now(), 1,
    now() + interval '1 day', 0, 0, now() + interval '1 day', 0
FROM generate_series(1, {count}) AS n"""
END_ALL = """
UPDATE submissions SET stage = 'ready', entry_status = 'success', version = version + 1
WHERE owner_name = ''"""
END_FIRST = f"{END_ALL} AND session_id = 'v' || lpad('1', 23, '0')"
FORGET = "DELETE FROM submissions WHERE owner_name = ''"


@pytest.mark.fault(73)
async def test_a_page_offline_at_the_end_learns_of_it_on_reconnecting(fleet: Fleet) -> None:
    await fleet.set_faults(Switch(Fault.GENERATION_STUCK, times=1))
    session_id = await fleet.submit()
    await fleet.reach(session_id, "composing")
    async with open_browser(fleet.site.url) as browser:
        assert (await browser.watch(session_id))["status"] == "processing"
    await fleet.site.simulator.finish(str((await fleet.site.posts())[-1]["task_id"]))
    await fleet.reach(session_id, "ready")

    start = time.monotonic()
    async with open_browser(fleet.site.url) as browser:
        assert (await browser.watch(session_id))["status"] == "success"
    assert time.monotonic() - start < 2


@pytest.mark.fault(74)
@pytest.mark.parametrize("count", [200, pytest.param(1000, marks=pytest.mark.soak)])
async def test_a_crowd_reconnects_to_a_restarted_web_and_misses_nothing(
    fleet: Fleet, count: int
) -> None:
    web = fleet.site.processes["web"]
    await fleet.history.execute(WAITING.format(count=count))
    rows = await fleet.history.ask("SELECT session_id FROM submissions WHERE owner_name = ''")
    visitors = [session_id for (session_id,) in rows]
    assert len(visitors) == count
    async with open_crowd(fleet.site.url, visitors, per_second=400) as crowd:
        await wait_until(lambda: are_watching(crowd, count), message="all watch")
        assert (await crowd.report()).known_at == {}
        await web.stop()
        await fleet.history.execute(END_ALL)
        await web.start()

        await wait_until(lambda: are_watching(crowd, count), message="all are back")
        assert set((await crowd.report()).known_at) == set(visitors)
    await fleet.history.execute(FORGET)


async def are_watching(crowd: Crowd, count: int) -> bool:
    return (await crowd.report()).num_watching == count


@pytest.mark.fault(75)
async def test_a_lost_push_is_sent_again_without_polling(fleet: Fleet) -> None:
    await fleet.history.execute(SLOW_END)
    async with open_browser(fleet.site.url) as browser:
        session_id = await fleet.submit()
        await browser.watch(session_id)
        await wait_until(
            lambda: fleet.history.ask(ENDING), message="the video is about to be ready"
        )
        fleet.redis.kill()
        await fleet.reach(session_id, "ready")

        assert "success" not in browser.told
        await wait_until(lambda: "success" in browser.told, message="the page is told")
    await fleet.history.execute(QUICK_END)


async def test_queue_places_are_pushed_when_they_change(fleet: Fleet) -> None:
    await fleet.history.execute(WAITING.format(count=3))
    *_, last = [f"v{number:023d}" for number in range(1, 4)]
    async with open_browser(fleet.site.url) as browser:
        assert (await browser.watch(last))["queue_position"] == 3
        await fleet.history.execute(END_FIRST)

        await wait_until(lambda: browser.places, message="the page is told of its place")

        assert browser.places == [2]
    await fleet.history.execute(FORGET)


@pytest.mark.fault(67)
async def test_a_watch_during_a_database_outage_is_answered_later(fleet: Fleet) -> None:
    session_id = await fleet.submit()
    await fleet.reach(session_id, "ready")
    async with open_browser(fleet.site.url) as browser:
        fleet.postgres.kill()

        assert await browser.client.call(Event.WATCH.value, {"session_id": session_id}) is None

        await fleet.postgres.start()
        assert (await browser.watch(session_id))["status"] == "success"
    assert "snapshot_unavailable" in fleet.site.processes["web"].output()
    assert "never retrieved" not in fleet.site.processes["web"].output()


async def hear_pushes(fleet: Fleet) -> None:
    """Wait until the web listens to Redis, from which another test may have disconnected it."""
    async with Redis.from_url(fleet.redis.url) as redis:

        async def is_listening() -> bool:
            [(_, listeners)] = await redis.pubsub_numsub("socketio")
            return bool(listeners)

        await wait_until(is_listening, message="the web listens for pushes")


@pytest.mark.fault(76)
async def test_a_flooding_socket_disturbs_nobody(fleet: Fleet) -> None:
    async with open_browser(fleet.site.url) as quiet, open_browser(fleet.site.url) as loud:
        await hear_pushes(fleet)
        session_id = await fleet.submit()
        await quiet.watch(session_id)
        for _ in range(500):
            assert await loud.watch(new_session_id()) == NOT_FOUND
        await loud.client.emit(Event.WATCH.value, {"session_id": "x" * 1_000_000})
        await wait_until(lambda: not loud.client.connected, message="the loud one is shown out")
        await fleet.reach(session_id, "ready")
        await wait_until(lambda: "success" in quiet.told, message="the quiet one is told")


@pytest.mark.fault(77)
@pytest.mark.soak
async def test_half_open_sockets_are_closed(fleet: Fleet) -> None:
    pid = fleet.site.processes["web"].child.pid
    port = int(fleet.site.url.rpartition(":")[2])
    async with Proxy(port) as proxy, AsyncExitStack() as stack:
        before = count_files(pid)
        for _ in range(20):
            url = f"http://127.0.0.1:{proxy.port}"
            await stack.enter_async_context(open_browser(url))
        assert count_files(pid) >= before + 20
        proxy.blackhole()

        await wait_until(lambda: count_files(pid) <= before + 2, message="the sockets are freed")
        proxy.restore()
