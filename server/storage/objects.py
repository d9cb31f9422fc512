"""Storage in a bucket, with the same names as in folders.

Nothing is public: browsers are redirected to URLs signed for a short time, and photos and songs are
never signed. Steps work on copies in a scratch folder.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from server.settings import Settings
from server.storage.bucket import Bucket
from server.storage.names import folders_below, name_probe
from server.storage.scratch import open_scratch
from server.storage.store import SIGNED_FOR, Storage, StorageUnavailable, StoredFile, Workspace


class ObjectWorkspace(Workspace):
    """A folder for one step, with copies of objects; whatever is not kept is deleted with it."""

    def __init__(self, bucket: Bucket, root: Path) -> None:
        super().__init__(*folders_below(root))
        self._bucket = bucket
        self._root = root
        for folder in self.folders:
            folder.mkdir()

    async def fetch(self, *paths: Path) -> None:
        """Download the objects that exist."""
        for path in paths:
            await self._bucket.download(self._key(path), path)

    async def keep(self, *paths: Path) -> None:
        for path in paths:
            await self._bucket.put(self._key(path), path)

    async def publish(self, draft: Path, path: Path, disposition: str | None = None) -> None:
        await self._bucket.put(self._key(path), draft, disposition)
        await asyncio.to_thread(draft.unlink)

    def _key(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()


class ObjectStorage(Storage):
    """The bucket; its paths are relative, not local files."""

    def __init__(self, bucket: Bucket, media_origin: str, scratch: Path) -> None:
        super().__init__(*folders_below(Path()))
        self.media_origin = media_origin
        self._bucket = bucket
        self._scratch = scratch

    async def check(self) -> str:
        """Write, read and delete a probe object; return the bucket's name."""
        key, content = name_probe(), b"probe"
        await self._bucket.put(key, content)
        if await self._bucket.read(key) != content:
            raise StorageUnavailable(f"{self._bucket.name} does not return what was written")
        await self._bucket.delete([key])
        return self._bucket.name

    async def write(self, path: Path, make: Callable[[], bytes]) -> None:
        await self._bucket.put(path.as_posix(), await asyncio.to_thread(make))

    async def find(self, paths: Sequence[Path]) -> frozenset[Path]:
        found = await asyncio.gather(*(self._bucket.exists(path.as_posix()) for path in paths))
        return frozenset(path for path, is_there in zip(paths, found, strict=True) if is_there)

    async def delete(self, session_id: str, *, with_drafts: bool = True) -> None:
        """Delete every object of one submission in one request; a bucket has no drafts."""
        del with_drafts
        await self._bucket.delete([path.as_posix() for path in self.files(session_id)])

    async def list_files(self) -> AsyncIterator[Sequence[StoredFile]]:
        async for found in self._bucket.list_objects():
            yield [StoredFile(Path(key), size, moment) for key, size, moment in found]

    async def discard(self, paths: Sequence[Path]) -> None:
        await self._bucket.delete([path.as_posix() for path in paths])

    async def measure_use(self) -> None:
        """None: a bucket has no capacity limit."""

    async def sign(self, path: Path) -> str:
        """Sign the object's URL; raise ValueError for photos and songs."""
        if path.parent not in (self.videos, self.previews):
            raise ValueError("photos and songs are private")
        return await self._bucket.sign(path.as_posix(), SIGNED_FOR)

    def workspace(self) -> AbstractAsyncContextManager[Workspace]:
        """Open a separate folder below the scratch folder, so that steps don't collide."""
        return self._open_workspace()

    @asynccontextmanager
    async def _open_workspace(self) -> AsyncIterator[Workspace]:
        with TemporaryDirectory(dir=self._scratch) as name:
            yield ObjectWorkspace(self._bucket, Path(name))


@asynccontextmanager
async def open_objects(settings: Settings) -> AsyncIterator[Storage]:
    """Open the bucket of STORAGE_URL and a scratch folder for the length of the block."""
    bucket = Bucket(settings)
    address = urlsplit(await bucket.sign("probe", SIGNED_FOR))
    with open_scratch() as scratch:
        yield ObjectStorage(bucket, f"{address.scheme}://{address.netloc}", scratch)
