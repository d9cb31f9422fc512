"""Opens the storage that the settings choose."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.settings import Settings
from server.storage.folders import FolderStorage
from server.storage.objects import open_objects
from server.storage.store import Storage


@asynccontextmanager
async def open_storage(settings: Settings) -> AsyncIterator[Storage]:
    """Open the storage for the length of the block, without accessing it; see `Storage.check`."""
    if not settings.uses_objects:
        yield FolderStorage.from_settings(settings)
        return
    async with open_objects(settings) as storage:
        yield storage
