"""Which storage the settings name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.settings import Settings
from server.storage.folders import FolderStorage
from server.storage.objects import open_objects
from server.storage.store import Storage


@asynccontextmanager
async def open_storage(settings: Settings) -> AsyncIterator[Storage]:
    """Open the storage for the block's length; nothing is asked of it yet, see `Storage.check`."""
    if not settings.uses_objects:
        yield FolderStorage.from_settings(settings)
        return
    async with open_objects(settings) as storage:
        yield storage
