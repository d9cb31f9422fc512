"""Measures what a crowd of waiting visitors costs one web process, and how soon outcomes arrive.

The web process has its own core; PostgreSQL, Redis, the crowd, a render and this process share the
others. Outcomes are committed and published here, as a worker does.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from benchmarks.arrivals import arrive, until_all_watch, use_of
from benchmarks.bare import open_bare
from benchmarks.crowd import Crowd, Report
from benchmarks.inputs import photo, write_song
from benchmarks.measurement import Options, Series, collect
from benchmarks.stack import Stack, Web, open_stack
from realtime.events import Snapshot
from realtime.publisher import Publisher, redis_publisher
from renderer import LoopJob, RenderJob, RenderPool, Video

WEB_CORE: Final = 0
SETTLE_S: Final = 2.0
INSERT: Final = """
INSERT INTO submissions (session_id, created_at, owner_name, photo_path, pet_name, pet_type,
    music_vibe, stage, stage_since, version, next_run_at, fence, attempts, press_due_at,
    press_attempts)
SELECT 'v' || lpad(n::text, 23, '0'), now() + n * interval '1 ms', 'Matt', '', 'Toby', 'Dog',
    'Romantic', 'queued', now(), 1, now() + interval '1 day', 0, 0, now(), 0
FROM generate_series(1, $1::int) AS n RETURNING session_id"""
SUCCEED: Final = """
UPDATE submissions SET stage = 'ready', entry_status = 'success', version = version + 1
WHERE session_id = $1"""
TRANSACTIONS: Final = """
SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"""
UNITS: Final[Mapping[str, str]] = {
    "visitors": "",
    "drops": "",
    "arrival": "CPU ms",
    "memory per visitor": "kB",
    "web while they wait": "% of a core",
    "transactions while they wait": "per s",
    "web while the queue moves": "% of a core",
    "transactions while the queue moves": "per s",
    "bare sockets: arrival": "CPU ms",
    "bare sockets: memory per visitor": "kB",
    "bare sockets: web while they wait": "% of a core",
    "memory / bare sockets": "x",
    "waiting / bare sockets": "x",
    "waiting in a moving queue / bare sockets": "x",
    "web while outcomes come": "% of a core",
    "crowd while outcomes come": "% of a core",
    "outcomes": "",
    "outcomes missed": "",
}


@dataclass(frozen=True)
class Scale:
    """The number of visitors and their arrival rate, and the number and rate of outcomes."""

    num_visitors: int
    arrivals_per_s: int
    hold_s: float
    outcomes_per_s: int
    num_outcomes: int
    num_missed_pushes: int
    song_s: int


FULL: Final = Scale(5000, 300, 40, 50, 3000, 500, 150)
QUICK: Final = Scale(40, 100, 1, 20, 20, 10, 6)


async def measure(options: Options) -> list[Series]:
    """Hold a crowd, push outcomes to it, and restart its web process."""
    scale = QUICK if options.is_quick else FULL
    return collect([await _measure_once(scale) for _ in range(options.repeats)], units=UNITS)


async def _measure_once(scale: Scale) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name, _away_from(WEB_CORE):
        folder = Path(name)
        async with open_stack(folder, core=WEB_CORE) as stack:
            measured = await _load(stack, scale)
    async with open_bare(WEB_CORE) as bare:
        session_ids = [f"v{number}" for number in range(scale.num_visitors)]
        async with arrive(bare, session_ids, scale.arrivals_per_s) as (crowd, arrived):
            waiting = await use_of(bare, crowd, asyncio.sleep(scale.hold_s))
    # A small crowd uses less than the clock's resolution.
    bare_percent = 100 * max(waiting[0], 0.001)
    moving = "waiting in a moving queue / bare sockets"
    return measured | {
        "bare sockets: arrival": arrived.cpu_ms,
        "bare sockets: memory per visitor": arrived.memory_kb,
        "bare sockets: web while they wait": bare_percent,
        "memory / bare sockets": measured["memory per visitor"] / arrived.memory_kb,
        "waiting / bare sockets": measured["web while they wait"] / bare_percent,
        moving: measured["web while the queue moves"] / bare_percent,
    }


async def _load(stack: Stack, scale: Scale) -> dict[str, float]:
    web = stack.webs[0]
    database = await asyncpg.connect(
        stack.variables["DATABASE_URL"].replace("asyncpg://", "postgresql://", 1)
    )
    publisher = redis_publisher(stack.variables["REDIS_URL"])
    rows = await database.fetch(INSERT, scale.num_visitors)
    session_ids = [row["session_id"] for row in rows]
    async with arrive(web, session_ids, scale.arrivals_per_s) as (crowd, arrived):
        before_s, transactions = time.monotonic(), await _count_transactions(database)
        waiting = await use_of(web, crowd, asyncio.sleep(scale.hold_s))
        between_s, still = time.monotonic(), await _count_transactions(database)
        # Each second, one of the oldest submissions leaves the queue and all others move up.
        leaving = session_ids[: int(scale.hold_s)]
        committed: dict[str, float] = {}
        moving = await use_of(web, crowd, _push(database, publisher, leaving, 1, committed))
        after_s, moved = time.monotonic(), await _count_transactions(database)
        committed.clear()
        pushed = session_ids[len(leaving) :][: scale.num_outcomes]
        async with _rendering(stack.folder, scale.song_s):
            pushing = await use_of(
                web, crowd, _push(database, publisher, pushed, scale.outcomes_per_s, committed)
            )
        before = await crowd.report()
        delays = sorted(
            before.known_at[each] - moment
            for each, moment in committed.items()
            if each in before.known_at
        )
        missed_pushes = session_ids[-scale.num_missed_pushes :]
        back_s, after = await _restart(web, crowd, database, missed_pushes, scale)
    await database.close()
    return {
        "visitors": before.num_watching,
        "all have joined": arrived.joined_s,
        "drops": before.num_drops,
        "arrival": arrived.cpu_ms,
        "memory per visitor": arrived.memory_kb,
        "web while they wait": 100 * waiting[0],
        "transactions while they wait": (still - transactions) / (between_s - before_s),
        "web while the queue moves": 100 * moving[0],
        "transactions while the queue moves": (moved - still) / (after_s - between_s),
        "web while outcomes come": 100 * pushing[0],
        "crowd while outcomes come": 100 * pushing[1],
        "outcomes": len(committed),
        "commit to event: median": delays[len(delays) // 2],
        "commit to event: p99": delays[int(0.99 * len(delays))],
        "commit to event: largest": delays[-1],
        "all back after a restart": back_s,
        "outcomes missed": len({*committed, *missed_pushes} - after.known_at.keys()),
    }


async def _count_transactions(database: asyncpg.Connection) -> int:
    """The number of transactions so far; each statement of the web process is one."""
    return int(await database.fetchval(TRANSACTIONS))


async def _push(
    database: asyncpg.Connection,
    publisher: Publisher,
    session_ids: Sequence[str],
    per_second: int,
    committed: dict[str, float],
) -> None:
    """Commit and publish outcomes one by one; record the commit times in `committed`."""
    start = time.monotonic()
    for number, session_id in enumerate(session_ids):
        await asyncio.sleep(start + number / per_second - time.monotonic())
        await database.execute(SUCCEED, session_id)
        committed[session_id] = time.monotonic()
        await publisher.publish(_snapshot(session_id))
    await asyncio.sleep(SETTLE_S)


async def _restart(
    web: Web, crowd: Crowd, database: asyncpg.Connection, session_ids: Sequence[str], scale: Scale
) -> tuple[float, Report]:
    """Stop the web process, commit outcomes that cannot be pushed, start it, and wait for all."""
    start = time.monotonic()
    await web.stop()
    await database.executemany(SUCCEED, [(session_id,) for session_id in session_ids])
    await web.start()
    report = await until_all_watch(crowd, scale.num_visitors)
    return time.monotonic() - start, report


@asynccontextmanager
async def _rendering(folder: Path, song_s: int) -> AsyncIterator[None]:
    """Render videos one after the other during the block."""
    picture, song = folder / "photo.jpg", folder / "song.mp3"
    picture.write_bytes(photo())
    write_song(song, song_s)
    video = Video(folder / "video.mp4", loop=folder / "loop.mp4")

    async def render_on(pool: RenderPool) -> None:
        while True:
            await pool.make_loop(LoopJob(picture, folder / "loop.mp4"))
            await pool.render(RenderJob(picture, song, (video,)))

    async with RenderPool(encoder="libx264") as pool:
        rendering = asyncio.create_task(render_on(pool))
        try:
            yield
        finally:
            rendering.cancel()
            await asyncio.wait({rendering})


@contextmanager
def _away_from(core: int) -> Iterator[None]:
    """Keep this process and its children off a core, if there are several."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, allowed - {core} or allowed)
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _snapshot(session_id: str) -> Snapshot:
    return Snapshot(
        session_id=session_id,
        version=2,
        status="success",
        stage="ready",
        progress=1.0,
        queue_position=None,
        eta_seconds=None,
        preview_url=f"/storage/preview/{session_id}.mp4",
        poster_url=f"/storage/poster/{session_id}.jpg",
        failure_reason=None,
        created_at="2026-02-14T10:30:00Z",
    )
