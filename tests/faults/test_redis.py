"""Redis is full, silent, flushed or down, and what becomes of the songs."""

import json
import time
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from server.ids import new_session_id
from tests.faults.fleet import Fleet

GROUP = "taskiq"
QUEUES = ("default", "render")
Entry = dict[Any, Any]

NONSENSE: tuple[Entry, ...] = (
    {b"data": b"\xff\x00 no message"},
    {b"data": b"{}"},
    {b"data": b"[" * 1000},
    {b"else": b"where"},
    {b"data": b""},
    {b"data": b"x" * 1_000_000},
)


def message(task: str, *arguments: object) -> Entry:
    """Return a stream entry as Taskiq writes it."""
    queue = "render" if task in ("create_video", "make_preview") else "default"
    fields = {"task_id": new_session_id(), "task_name": task, "labels": {"queue_name": queue}}
    return {b"data": json.dumps({**fields, "args": arguments, "kwargs": {}})}


@pytest.mark.fault(62)
async def test_a_full_redis_refuses_no_submission(fleet: Fleet) -> None:
    async with Redis.from_url(fleet.redis.url) as redis:
        under_way = await fleet.submit()
        await fleet.reach(under_way, "composing")
        await redis.config_set("maxmemory", "1")
        refused = await fleet.submit()
        await redis.config_set("maxmemory", "0")

    assert sorted((await fleet.check()).succeeded) == sorted([under_way, refused])


@pytest.mark.fault(62)
async def test_losing_redis_at_any_moment_costs_no_song(fleet: Fleet) -> None:
    songs = []
    for stage in ("composing", "downloading", "rendering"):
        songs.append(await fleet.submit())
        await fleet.reach(songs[-1], stage)
        fleet.redis.kill()
        songs.append(await fleet.submit())
        await fleet.redis.start()
        await fleet.redis.flush()

    assert sorted((await fleet.check()).succeeded) == sorted(songs)


@pytest.mark.fault(63)
async def test_a_silent_redis_keeps_no_visitor_waiting(fleet: Fleet) -> None:
    before = await fleet.submit()
    fleet.redis.pause()

    async def time_of(request: httpx.Request) -> tuple[int, float]:
        start = time.monotonic()
        answer = await fleet.site.http.send(request)
        return answer.status_code, time.monotonic() - start

    build = fleet.site.http.build_request
    form_s = time.monotonic()
    during = await fleet.submit()
    form_s = time.monotonic() - form_s
    answers = [
        await time_of(build("GET", path))
        for path in (f"/api/submissions/{before}", "/api/health", "/api/health/live")
    ]
    fleet.redis.resume()

    assert form_s < 2
    assert [status for status, _ in answers] == [200, 503, 200]
    assert max(seconds for _, seconds in answers) < 2
    assert sorted((await fleet.check()).succeeded) == sorted([before, during])


@pytest.mark.fault(64)
async def test_garbage_duplicate_and_late_messages_change_nothing(fleet: Fleet) -> None:
    finished = await fleet.submit()
    await fleet.reach(finished, "ready")
    before = await fleet.history.ask("SELECT * FROM submissions ORDER BY session_id")
    tasks = (
        *("make_preview", "prepare_videos", "send_to_sonauto"),
        *("fetch_generation_details", "download_audio", "create_video"),
    )
    async with Redis.from_url(fleet.redis.url) as redis:
        for queue in QUEUES:
            for entry in NONSENSE:
                await redis.xadd(queue, entry)
            for task in reversed(tasks):
                for subject in (finished, new_session_id(), "../../etc/passwd", 7, None):
                    await redis.xadd(queue, message(task, subject))
                await redis.xadd(queue, message(task))
                await redis.xadd(queue, message(task, finished, finished))
            await redis.xadd(queue, message("no_such_task", finished))
        session_id = await fleet.submit()
        for _ in range(3):
            for task in reversed(tasks):
                await redis.xadd("default", message(task, session_id))
        await fleet.reach(session_id, "ready")
    after = await fleet.history.ask("SELECT * FROM submissions ORDER BY session_id")

    assert set(before) < set(after)
    assert len((await fleet.check()).succeeded) == 2


@pytest.mark.fault(65)
async def test_messages_read_by_a_dead_worker_are_enqueued_again(fleet: Fleet) -> None:
    fleet.kill("render")
    songs = await fleet.submit_many(2)
    for session_id in songs:
        await fleet.reach(session_id, "rendering")
    async with Redis.from_url(fleet.redis.url) as redis:
        assert await redis.xreadgroup(GROUP, "dead", {"render": ">"}, count=1000)
    await fleet.site.processes["render"].start()

    assert sorted((await fleet.check()).succeeded) == sorted(songs)
