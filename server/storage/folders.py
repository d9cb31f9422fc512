"""Storage in four folders, on this machine or on a shared volume."""

import asyncio
import math
import os
import stat
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from server.settings import Settings
from server.storage.names import folders_below, name_probe, unique_partial
from server.storage.store import Storage, StorageUnavailable, StoredFile, Workspace

FILES_AT_ONCE: Final = 500
"""The same batch size as for buckets."""


class FolderStorage(Storage, Workspace):
    """The folders are both storage and workspace: a rename in them stores the file."""

    @classmethod
    def from_settings(cls, settings: Settings) -> "FolderStorage":
        """Use the folder in STORAGE_URL, or the four folders from their own settings."""
        if settings.storage_url:
            return cls(*folders_below(Path(unquote(urlsplit(settings.storage_url).path))))
        return cls(
            settings.img_storage.resolve(),
            settings.audio_storage.resolve(),
            settings.video_storage.resolve(),
            settings.preview_storage.resolve(),
        )

    async def check(self) -> str:
        """Create missing folders and test each one; return how full the disk is."""
        return await asyncio.to_thread(self._check)

    async def write(self, path: Path, make: Callable[[], bytes]) -> None:
        await asyncio.to_thread(lambda: write_file(path, make()))

    async def find(self, paths: Sequence[Path]) -> frozenset[Path]:
        return await asyncio.to_thread(lambda: frozenset(filter(Path.is_file, paths)))

    async def delete(self, session_id: str, *, with_drafts: bool = True) -> None:
        """Unlink every file of one submission.

        Drafts go first: one that is renamed meanwhile is deleted under its final name.
        """
        drafts = await asyncio.to_thread(self._find_drafts, session_id) if with_drafts else []
        await self.discard([*drafts, *self.files(session_id)])

    async def list_files(self) -> AsyncIterator[Sequence[StoredFile]]:
        for folder in self.folders:
            names = await asyncio.to_thread(_list_names, folder)
            for start in range(0, len(names), FILES_AT_ONCE):
                batch = names[start : start + FILES_AT_ONCE]
                yield await asyncio.to_thread(list, _look_at(folder, batch))

    async def discard(self, paths: Sequence[Path]) -> None:
        """Unlink files; of a symlink the link itself, and never a folder."""
        await asyncio.to_thread(_unlink, paths)

    async def measure_use(self) -> int:
        """Usage of the fullest disk in percent, as reported by `df`."""
        return await asyncio.to_thread(lambda: max(map(_measure, self.folders)))

    async def sign(self, path: Path) -> None:
        """Return None: the web process sends the file, with byte ranges."""

    def workspace(self) -> AbstractAsyncContextManager[Workspace]:
        """The folders themselves: drafts are renamed within one file system."""
        return nullcontext(self)

    async def fetch(self, *paths: Path) -> None:
        """Do nothing: the files are here."""

    async def keep(self, *paths: Path) -> None:
        """Do nothing: the files are here."""

    async def publish(self, draft: Path, path: Path, disposition: str | None = None) -> None:
        """Flush the draft to disk and rename it; the web process sets the name for saving."""
        del disposition
        await asyncio.to_thread(publish, draft, path)

    def _check(self) -> str:
        for folder in self.folders:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                probe = folder / name_probe()
                probe.write_bytes(b"probe")
                renamed = probe.replace(folder / name_probe())
                renamed.unlink()
            except OSError as error:
                raise StorageUnavailable(f"cannot write to {folder}: {error.strerror}") from error
        return f"{max(map(_measure, self.folders))} % of the disk is used"

    def _find_drafts(self, session_id: str) -> list[Path]:
        return [
            folder / name
            for folder in self.folders
            # Sorted, the renderer's draft of one of our drafts comes before that draft.
            for name in sorted(name for name in _list_names(folder) if session_id in name)
            if self.is_draft(folder / name)
        ]


def _list_names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError as error:
        raise StorageUnavailable(f"cannot look into {folder}: {error.strerror}") from error


def _look_at(folder: Path, names: Iterable[str]) -> Iterator[StoredFile]:
    for path in map(folder.joinpath, names):
        try:
            facts = path.lstat()
        except FileNotFoundError:
            continue  # deleted since it was listed
        except OSError as error:
            raise StorageUnavailable(f"cannot look at {path}: {error.strerror}") from error
        if stat.S_ISREG(facts.st_mode):
            yield StoredFile(path, facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))


def _unlink(paths: Iterable[Path]) -> None:
    stuck: dict[str, OSError] = {}
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            stuck[path.name] = error
    if stuck:
        names = ", ".join(f"{name}: {error.strerror}" for name, error in stuck.items())
        raise StorageUnavailable(f"cannot delete {names}")


def _measure(folder: Path) -> int:
    try:
        facts = os.statvfs(folder)
    except OSError as error:
        raise StorageUnavailable(f"cannot look at {folder}: {error.strerror}") from error
    # Space reserved for root counts as used.
    used = facts.f_blocks - facts.f_bfree
    return math.ceil(100 * used / max(1, used + facts.f_bavail))


def publish(draft: Path, path: Path) -> None:
    """Flush a finished draft and rename it; raise OSError if it cannot be flushed."""
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(path)


def write_file(path: Path, content: bytes) -> None:
    """Write `content` so that `path` is either complete or missing.

    Raises StorageUnavailable if the disk is full or read-only; nothing is left behind.
    """
    draft = unique_partial(path)
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StorageUnavailable(f"cannot write {path.name}: {error.strerror}") from error
