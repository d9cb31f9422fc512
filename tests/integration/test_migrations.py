"""A filled database of the first release is brought to the newest schema, and no row is lost."""

from pathlib import Path

import pytest
from tortoise import Tortoise, connections
from tortoise.migrations.api import migrate as run_migrations

from server.database import migrate, open_database, orm_configuration
from server.settings import Settings
from server.submissions.model import SongAccount, Submission
from tests.servers import PostgresServer, RedisServer

FIRST = "models.0002_song_account"
FILL = """
    INSERT INTO submissions (
        session_id, created_at, owner_name, photo_path, pet_name, pet_type, music_vibe, stage,
        stage_since, version, next_run_at, fence, attempts, press_due_at, press_attempts,
        "LLM_task_id", lyrics
    ) VALUES (
        '{0}', '{1}', 'Zoë', 'uploads/a.jpg', '小花', 'Cat', 'Chill', 'ready',
        '{1}', 7, '{1}', 2, 1, '{1}', 1,
        'task-{0}', 'la la'
    )
"""
MOMENT = "2026-02-14 12:00:00+00:00"


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


async def test_a_filled_database_is_brought_to_the_newest_schema(settings: Settings) -> None:
    configuration = orm_configuration(settings.database_url)
    try:
        await run_migrations(config=configuration, target=FIRST)
        connection = next(iter(connections.all()))
        for number in range(100):
            await connection.execute_script(FILL.format(f"song{number}", MOMENT))
        await connection.execute_script("UPDATE song_accounts SET credits = 4321")
    finally:
        await Tortoise.close_connections()

    await migrate(settings)
    await migrate(settings)  # a second time changes nothing

    async with open_database(settings):
        assert await Submission.all().count() == 100
        row = await Submission.get(session_id="song42")
        assert (row.owner_name, row.pet_name, row.version) == ("Zoë", "小花", 7)
        assert (row.LLM_task_id, row.lyrics, row.video_encoder) == ("task-song42", "la la", None)
        account = await SongAccount.get(id=1)
        assert account.credits == 4321
