"""Files in four folders of this machine, or of a volume that all machines share."""

import asyncio
import os
import shutil
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from urllib.parse import unquote, urlsplit

from server.settings import Settings
from server.storage.names import PARTIAL_SUFFIX, folders_below
from server.storage.store import Storage, StorageUnavailable, Workspace


class FolderStorage(Storage, Workspace):
    """The folders are storage and workspace at once: what is renamed there is kept."""

    @classmethod
    def from_settings(cls, settings: Settings) -> "FolderStorage":
        """Return the storage of STORAGE_URL, or of the four folders named one by one."""
        if settings.storage_url:
            return cls(*folders_below(Path(unquote(urlsplit(settings.storage_url).path))))
        return cls(
            settings.img_storage.resolve(),
            settings.audio_storage.resolve(),
            settings.video_storage.resolve(),
            settings.preview_storage.resolve(),
        )

    async def check(self) -> str:
        """Create the folders where they are missing, and try each; return how full the disk is."""
        return await asyncio.to_thread(self._check)

    async def write(self, path: Path, make: Callable[[], bytes]) -> None:
        """Make, write, flush and rename in one thread."""
        await asyncio.to_thread(lambda: write_file(path, make()))

    async def find(self, paths: Sequence[Path]) -> frozenset[Path]:
        """Return those of `paths` that exist."""
        return await asyncio.to_thread(lambda: frozenset(filter(Path.is_file, paths)))

    async def delete(self, session_id: str) -> None:
        """Unlink every file of one submission."""
        await asyncio.to_thread(self._delete, session_id)

    async def sign(self, path: Path) -> None:
        """Return None: the web process sends the file, with byte ranges."""

    def workspace(self) -> AbstractAsyncContextManager[Workspace]:
        """Return the folders themselves: a draft is renamed within one file system."""
        return nullcontext(self)

    async def fetch(self, *paths: Path) -> None:
        """Do nothing: the files are here."""

    async def keep(self, *paths: Path) -> None:
        """Do nothing: the files are here."""

    async def publish(self, draft: Path, path: Path, disposition: str | None = None) -> None:
        """Flush the draft to disk and rename it, in a thread; the web says how it is saved."""
        del disposition
        await asyncio.to_thread(publish, draft, path)

    def _check(self) -> str:
        for folder in self.folders:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                probe = folder / f"{uuid.uuid4().hex}{PARTIAL_SUFFIX}"
                probe.touch()
                probe.unlink()
            except OSError as error:
                raise StorageUnavailable(f"cannot write to {folder}: {error.strerror}") from error
        usage = shutil.disk_usage(self.videos)
        return f"{100 * usage.used / usage.total:.0f} % of the disk is used"

    def _delete(self, session_id: str) -> None:
        try:
            for path in self.files(session_id):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageUnavailable(f"cannot delete {path.name}: {error.strerror}") from error


def publish(draft: Path, path: Path) -> None:
    """Give a finished draft its final name; raise OSError when it cannot be flushed to disk."""
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(path)


def write_file(path: Path, content: bytes) -> None:
    """Write `content` so that `path` either holds all of it or does not exist.

    Raises StorageUnavailable when the disk is full or read-only; nothing is left behind.
    """
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}{PARTIAL_SUFFIX}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StorageUnavailable(f"cannot write {path.name}: {error.strerror}") from error
