"""The composition root: everything that views and tasks use, opened once per process.

It is the same for web processes and workers; the publisher and the task queue, which differ, are
passed in.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from realtime.publisher import Publisher
from renderer import RenderPool
from server.database.connection import open_database
from server.limits import RequestLimits
from server.photos.pool import PhotoPool
from server.process.metrics import ProcessMetrics
from server.settings import Settings
from server.songs.service import SongService
from server.songs.sonauto import Sonauto
from server.storage import Storage, open_storage


class TaskQueue(Protocol):
    """Enqueues background tasks.

    Enqueueing is a hint and never raises: if a message is lost, the sweep enqueues the task again.
    """

    async def enqueue(self, task_name: str, session_id: str | None = None) -> None:
        """Enqueue a task, for one submission or for the whole site."""
        ...

    async def finish(self) -> None:
        """Send all delayed messages now."""
        ...

    def queue_of(self, task_name: str) -> str:
        """The name of a task's queue."""
        ...

    async def count_waiting(self, queue: str) -> int:
        """Count the unread messages in a queue; 0 if unknown."""
        ...


@dataclass(frozen=True)
class Services:
    """The dependencies of views and tasks."""

    settings: Settings
    storage: Storage
    songs: SongService
    publisher: Publisher
    task_queue: TaskQueue
    renders: RenderPool
    photos: PhotoPool
    limits: RequestLimits
    process_metrics: ProcessMetrics = field(default_factory=ProcessMetrics)


@asynccontextmanager
async def open_services(
    settings: Settings,
    *,
    publisher: Publisher,
    task_queue: TaskQueue,
    process_metrics: ProcessMetrics | None = None,
) -> AsyncIterator[Services]:
    """Open all services for the length of the block.

    The render pool starts with the first worker, so web processes have none; photo workers start
    with the first photo, so workers have none. Raises DatabaseUnavailable or StorageUnavailable.
    """
    async with AsyncExitStack() as stack:
        storage = await stack.enter_async_context(open_storage(settings))
        await storage.check()
        await stack.enter_async_context(open_database(settings))
        songs = await stack.enter_async_context(Sonauto(settings))
        renders = RenderPool(
            settings.render_concurrency,
            timeout_s=settings.render_timeout_seconds,
            encoder=settings.render_encoder,
            memory_limit_bytes=settings.render_memory_limit_mb * 1024**2 or None,
        )
        stack.push_async_callback(renders.close)
        photos = PhotoPool(settings.photo_timeout_seconds, settings.photo_memory_limit_mb * 1024**2)
        stack.push_async_callback(photos.close)
        limits = await stack.enter_async_context(RequestLimits(settings))
        yield Services(
            *(settings, storage, songs, publisher, task_queue, renders, photos, limits),
            process_metrics or ProcessMetrics(),
        )
