"""The schema migrates up and down, step by step and all at once, and loses no row."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tortoise import BaseDBAsyncClient, Tortoise, connections

from server.database.connection import POSTGRES_POOL, open_database, orm_configuration
from server.database.schema import list_steps, migrate
from server.errors import StartError
from server.settings import Settings
from server.submissions.model import SongAccount, Submission
from tests.servers import ChildServer, PostgresServer, RedisServer, wait_until
from tests.sites import PETSONG

ROWS = 10_000
FILL = """
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})
    INSERT INTO submissions (
        session_id, created_at, owner_name, photo_path, pet_name, pet_type, music_vibe, stage,
        stage_since, version, next_run_at, fence, attempts, press_due_at, press_attempts,
        "LLM_task_id", lyrics
    ) SELECT
        '{name}' || n, '{moment}', 'Zoë', 'uploads/a.jpg', '小花', 'Cat', 'Chill', 'ready',
        '{moment}', 7, '{moment}', 2, 1, '{moment}', 1,
        'task-{name}' || n, 'la la'
    FROM numbers
"""
MOMENT = "2026-02-14 12:00:00+00:00"
Schema = set[tuple[Any, ...]]


@pytest.fixture(params=["sqlite", "postgres"])
async def settings(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    postgres_server: PostgresServer,
    redis_server: RedisServer,
) -> Settings:
    if request.param == "sqlite":
        return Settings(database_url=f"sqlite://{tmp_path / 'petsong.sqlite3'}")
    return Settings.model_validate(
        {
            "database_url": await postgres_server.create_database(),
            "redis_url": redis_server.url,
            "sonauto_api_key": "key",
            "webhook_base_url": "https://pets.example",
        }
    )


@asynccontextmanager
async def connect(settings: Settings) -> AsyncIterator[BaseDBAsyncClient]:
    """Open the database, whatever its schema."""
    await Tortoise.init(config=orm_configuration(settings.database_url))
    try:
        yield next(iter(connections.all()))
    finally:
        await Tortoise.close_connections()


async def read_schema(settings: Settings) -> Schema:
    """Return all columns and indexes in a canonical order."""
    async with connect(settings) as database:
        if settings.is_embedded:
            columns = await database.execute_query_dict(
                'SELECT m.name AS "table", c.name, c.type, c."notnull", c.dflt_value, c.pk'
                " FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
            )
            indexes = await database.execute_query_dict(
                'SELECT m.name AS "table", i."unique", group_concat(c.name) AS columns'
                " FROM sqlite_master m, pragma_index_list(m.name) i, pragma_index_info(i.name) c"
                " WHERE m.type = 'table' GROUP BY m.name, i.name"
            )
        else:
            columns = await database.execute_query_dict(
                "SELECT table_name, column_name, data_type, is_nullable, column_default,"
                " character_maximum_length FROM information_schema.columns"
                " WHERE table_schema = 'public'"
            )
            indexes = await database.execute_query_dict(
                "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
            )
    return {tuple(dict(row).values()) for row in (*columns, *indexes)}


async def fill(settings: Settings, name: str = "song", rows: int = ROWS) -> None:
    async with connect(settings) as database:
        await database.execute_script(FILL.format(name=name, rows=rows, moment=MOMENT))


async def read_rows(settings: Settings) -> list[tuple[Any, ...]]:
    """Return the columns that every release knows."""
    async with connect(settings) as database:
        found = await database.execute_query_dict(
            'SELECT session_id, created_at, pet_name, version, "LLM_task_id", lyrics'
            " FROM submissions ORDER BY session_id"
        )
    return [tuple(dict(row).values()) for row in found]


def start_migration(settings: Settings, folder: Path, name: str, crash_at: str) -> ChildServer:
    environment = {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url or "",
        "SONAUTO_API_KEY": "key",
        "WEBHOOK_BASE_URL": "https://pets.example",
        "FAILPOINT": crash_at,
    }
    command = ChildServer(
        [*PETSONG, "migrate"], log_path=folder / name, environment=environment, folder=folder
    )
    command.child.start()
    return command


@pytest.mark.fault(91)
async def test_each_step_goes_up_and_down_with_ten_thousand_rows(settings: Settings) -> None:
    first, *later = list_steps()
    await migrate(settings, first)
    await fill(settings)
    rows = await read_rows(settings)
    schemas = {first: await read_schema(settings)}
    for step in later:
        await migrate(settings, step)
        schemas[step] = await read_schema(settings)
        await migrate(settings, step)  # a second run changes nothing
        assert await read_schema(settings) == schemas[step]

    assert len(rows) == ROWS
    assert await read_rows(settings) == rows
    for step in reversed([first, *later[:-1]]):
        await migrate(settings, step)
        assert await read_schema(settings) == schemas[step], step
        assert await read_rows(settings) == rows
    await migrate(settings)
    assert await read_schema(settings) == schemas[later[-1]]
    async with open_database(settings):
        row = await Submission.get(session_id="song42")
        assert (row.owner_name, row.pet_name, row.version) == ("Zoë", "小花", 7)
        assert await SongAccount.all().count() == 1


@pytest.mark.fault(91)
async def test_the_schema_migrates_from_nothing_to_the_newest_and_back(settings: Settings) -> None:
    await migrate(settings)
    newest = await read_schema(settings)
    await migrate(settings, "empty")
    assert not any("submissions" in str(line) for line in await read_schema(settings))
    await migrate(settings)

    assert await read_schema(settings) == newest


@pytest.mark.fault(91)
@pytest.mark.parametrize("crash_at", ["apply_start_0003_encoders", "apply_done_0005_averages"])
async def test_a_killed_migration_can_be_run_again(
    settings: Settings, tmp_path: Path, crash_at: str
) -> None:
    await migrate(settings, "0002")
    await fill(settings, rows=100)
    rows, schema = await read_rows(settings), await read_schema(settings)

    killed = start_migration(settings, tmp_path, "killed", crash_at)

    assert await killed.child.wait(60) != 0
    assert await read_schema(settings) == schema
    await migrate(settings)
    assert await read_rows(settings) == rows
    async with open_database(settings):
        assert await Submission.filter(video_encoder=None).count() == 100


@pytest.mark.fault(91)
async def test_concurrent_migrations_take_turns(settings: Settings, tmp_path: Path) -> None:
    commands = [start_migration(settings, tmp_path, name, "") for name in ("one", "two", "three")]

    assert [await command.child.wait(60) for command in commands] == [0, 0, 0]
    async with open_database(settings):
        assert await SongAccount.all().count() == 1


@pytest.mark.fault(72)
async def test_the_previous_release_works_after_the_newest_step(settings: Settings) -> None:
    """It writes rows without the new columns, and each release reads the other's rows."""
    *_, before, newest = list_steps()
    await migrate(settings, before)
    known = {str(line[1]) for line in await read_schema(settings) if line[0] == "submissions"}
    await migrate(settings, newest)

    await fill(settings, name="old", rows=3)

    async with open_database(settings):
        await Submission.filter(session_id="old1").update(pet_name="Toby")
        row = await Submission.get(session_id="old2")
        assert row.version == 7
        assert row.downloaded_at is None
    async with connect(settings) as database:
        columns = ", ".join(f'"{name}"' for name in sorted(known) if name in row._meta.db_fields)
        assert len(await database.execute_query_dict(f"SELECT {columns} FROM submissions")) == 3


async def test_an_unknown_step_is_refused_and_the_known_ones_are_listed(settings: Settings) -> None:
    for name in ("", "00", "0099", "models.0001_submissions"):
        with pytest.raises(StartError, match="0001_submissions"):
            await migrate(settings, name)


IS_BLOCKED = """
SELECT 1 FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND now() - query_start > interval '1 s'"""


@pytest.mark.fault(91)
@pytest.mark.parametrize("settings", ["postgres"], indirect=True)
async def test_a_step_may_take_longer_than_a_visitors_statement(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(POSTGRES_POOL, "command_timeout", 0.2)
    await migrate(settings, "0002")
    url = settings.database_url.replace("asyncpg:", "postgresql:")
    holder, watcher = await asyncpg.connect(url), await asyncpg.connect(url)
    async with holder.transaction():
        await holder.execute("LOCK TABLE submissions")
        migrating = asyncio.create_task(migrate(settings))

        async def is_slow_or_over() -> bool:
            return migrating.done() or bool(await watcher.fetchval(IS_BLOCKED))

        await wait_until(is_slow_or_over, message="a step is slow")
        assert not migrating.done()
    await migrating
    await asyncio.gather(holder.close(), watcher.close())

    async with open_database(settings):
        assert await SongAccount.all().count() == 1
