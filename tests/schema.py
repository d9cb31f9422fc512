"""Databases with the newest schema: migrated once per server, then copied, which is faster.

Tortoise ORM must have no open connection meanwhile: its connections are per process. A test that
migrates a database itself gets an empty one from the server.
"""

from weakref import WeakKeyDictionary

from server.database import schema
from server.settings import Settings
from tests.servers import PostgresServer

_templates: WeakKeyDictionary[PostgresServer, str] = WeakKeyDictionary()


async def create_database(postgres: PostgresServer) -> str:
    """Make a database with the newest schema and return its address."""
    template = _templates.get(postgres)
    if template is None:
        template = await postgres.create_database()
        await migrate(template)
        _templates[postgres] = template
    return await postgres.create_database(template.rpartition("/")[2])


async def migrate(database_url: str) -> None:
    """Bring a database to the newest schema."""
    settings = {
        "database_url": database_url,
        "redis_url": None if database_url.startswith("sqlite") else "redis://127.0.0.1:9",
        "sonauto_api_key": "key-of-the-tests",
        "external_api_url": "http://127.0.0.1:9",
        "webhook_base_url": "http://127.0.0.1:9",
    }
    await schema.migrate(Settings.model_validate(settings))
