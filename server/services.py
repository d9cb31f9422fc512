"""The composition root: everything a view or a task works with, opened once for each process.

The same for the web and the workers; what differs (who publishes, who is rung) is passed in.
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
from server.songs.sonauto import SongService
from server.storage import Storage, open_storage


class TaskQueue(Protocol):
    """Tells whoever works in the background that there is something to do.

    Ringing is a hint and never fails its caller: what was not heard the sweeper rings again.
    """

    async def enqueue(self, task_name: str, session_id: str | None = None) -> None:
        """Ask for the named task to be run, for one submission or for the site as a whole."""
        ...

    async def finish(self) -> None:
        """Ring at once what still waits to be rung."""
        ...

    def queue_of(self, task_name: str) -> str:
        """Return the name of the queue in which a task waits for a worker."""
        ...

    async def count_waiting(self, queue: str) -> int:
        """Return how many messages wait in a queue; 0 where that cannot be found out."""
        ...


@dataclass(frozen=True)
class Services:
    """What the domain and its edges are given to work with."""

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
    """Open the database and the song service's client for the block's length.

    The render pool starts with the first worker, so that a web process has none, and the photo pool
    with the first photo, so that a worker has none. Raises
    DatabaseUnavailable or StorageUnavailable when one of them cannot be had.
    """
    async with AsyncExitStack() as stack:
        storage = await stack.enter_async_context(open_storage(settings))
        await storage.check()
        await stack.enter_async_context(open_database(settings))
        songs = await stack.enter_async_context(SongService(settings))
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
