"""Databases of the newest schema: migrated once for each server, then copied, which is faster.

Nothing may be open on Tortoise ORM meanwhile, whose connections are the process's own. A database
that a test migrates itself comes from the server, empty.
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
