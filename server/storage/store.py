"""The interface of a storage, wherever it is.

A `Storage` manages the stored files. A `Workspace` gives a step local copies of some of them,
because OpenCV and FFmpeg need paths. Others see a file only under its final name and only once it
is complete.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from server.errors import PetsongError
from server.storage.names import Folders

SIGNED_FOR: Final = timedelta(minutes=30)
"""How long a URL of `Storage.sign` is valid."""


class StorageUnavailable(PetsongError):
    """The storage cannot be read or written: full, read-only, missing, refused or unreachable."""


@dataclass(frozen=True)
class StoredFile:
    """A file in the storage, whoever put it there."""

    path: Path
    size: int
    changed_at: datetime


class Workspace(Folders, ABC):
    """Local files for one step.

    A workspace has its own paths: take them from it, not from the storage.
    """

    @abstractmethod
    async def fetch(self, *paths: Path) -> None:
        """Make stored files available at `paths`; files that are not stored stay missing.

        Raises StorageUnavailable if that cannot be determined.
        """

    @abstractmethod
    async def keep(self, *paths: Path) -> None:
        """Store the complete files at `paths`; raises StorageUnavailable."""

    @abstractmethod
    async def publish(self, draft: Path, path: Path, disposition: str | None = None) -> None:
        """Store a complete draft under its final name; the draft is gone afterwards.

        `disposition` is the Content-Disposition for files that we don't send ourselves. Raises
        OSError or StorageUnavailable; then nothing has become visible.
        """


class Storage(Folders, ABC):
    """The stored files; only a storage in folders has them at its paths."""

    media_origin: str | None = None
    """The origin of signed URLs, None if files are not signed."""

    @abstractmethod
    async def check(self) -> str:
        """Write, read and delete a probe; return a one-line description.

        Raises StorageUnavailable with one line that says what to change.
        """

    @abstractmethod
    async def write(self, path: Path, make: Callable[[], bytes]) -> None:
        """Call `make` in a thread and store its result as the content of `path`.

        Raises what `make` raises, or StorageUnavailable; then nothing is left behind.
        """

    @abstractmethod
    async def find(self, paths: Sequence[Path]) -> frozenset[Path]:
        """Return the `paths` that are stored; raises StorageUnavailable."""

    async def has(self, path: Path) -> bool:
        """Return whether a file is stored; raises StorageUnavailable."""
        return path in await self.find([path])

    @abstractmethod
    async def delete(self, session_id: str, *, with_drafts: bool = True) -> None:
        """Delete every file of one submission; raises StorageUnavailable.

        To find drafts it lists whole folders: 0.2 s with 40,000 files in each.
        """

    @abstractmethod
    def list_files(self) -> AsyncIterator[Sequence[StoredFile]]:
        """Yield all files, also drafts and files that are not ours, but neither links nor folders.

        Batches have some hundred files, few enough for the parameters of one query. Raises
        StorageUnavailable.
        """

    @abstractmethod
    async def discard(self, paths: Sequence[Path]) -> None:
        """Delete files found by `list_files`; raises StorageUnavailable."""

    @abstractmethod
    async def measure_use(self) -> int | None:
        """Return the used capacity in percent, None if it is unlimited.

        Raises StorageUnavailable.
        """

    @abstractmethod
    async def sign(self, path: Path) -> str | None:
        """Return a URL from which anybody may fetch the file for `SIGNED_FOR`.

        None if we send our files ourselves.
        """

    @abstractmethod
    def workspace(self) -> AbstractAsyncContextManager[Workspace]:
        """Open a workspace for the length of the block."""
