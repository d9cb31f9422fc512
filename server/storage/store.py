"""What can be done with a submission's files, wherever they are kept.

A `Storage` answers for the kept files; a `Workspace` is where a step works on some of them, with
paths that OpenCV and FFmpeg can open. A file is seen by others under its final name only, and only
when it is complete.
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
"""How long an address of `Storage.sign` opens a file, and nothing else."""


class StorageUnavailable(PetsongError):
    """The files cannot be reached or written: full, read-only, missing, refused or away."""


@dataclass(frozen=True)
class StoredFile:
    """A file as it is found, whoever put it there."""

    path: Path
    size: int
    changed_at: datetime


class Workspace(Folders, ABC):
    """Where one step finds its files as local files and leaves what it has made.

    The paths of a workspace are its own: ask it for them, and not the storage.
    """

    @abstractmethod
    async def fetch(self, *paths: Path) -> None:
        """Have the kept files lie at `paths`; what is not kept will be missing there.

        Raises StorageUnavailable when that cannot be found out.
        """

    @abstractmethod
    async def keep(self, *paths: Path) -> None:
        """Let others see the whole files that lie at `paths`; raises StorageUnavailable."""

    @abstractmethod
    async def publish(self, draft: Path, path: Path, disposition: str | None = None) -> None:
        """Give a whole draft its final name and keep it, at once; the draft is gone after.

        `disposition` is the Content-Disposition of a file that we do not send ourselves.
        Raises OSError or StorageUnavailable, and then nothing has become visible.
        """


class Storage(Folders, ABC):
    """The kept files; its paths name them, and only a storage in folders has them there."""

    media_origin: str | None = None
    """The origin that `sign` sends browsers to, None where it sends them nowhere."""

    @abstractmethod
    async def check(self) -> str:
        """Write, read and delete a probe; return a line about the storage.

        Raises StorageUnavailable, in one line that says what to change.
        """

    @abstractmethod
    async def write(self, path: Path, make: Callable[[], bytes]) -> None:
        """Have `make` called in a thread, and keep what it returns as the whole of `path`.

        Raises what `make` raises, or StorageUnavailable; then nothing is left.
        """

    @abstractmethod
    async def find(self, paths: Sequence[Path]) -> frozenset[Path]:
        """Return those of `paths` that are kept; raises StorageUnavailable."""

    async def has(self, path: Path) -> bool:
        """Say whether one file is kept; raises StorageUnavailable."""
        return path in await self.find([path])

    @abstractmethod
    async def delete(self, session_id: str, *, with_drafts: bool = True) -> None:
        """Delete every file of one submission; raises StorageUnavailable.

        Its drafts are looked for in whole folders: 0.2 s where there are 40,000 files in each.
        """

    @abstractmethod
    def list_files(self) -> AsyncIterator[Sequence[StoredFile]]:
        """Yield all that lies there, drafts and strangers too, but neither links nor folders.

        Some hundred come at a time, few enough for the parameters of one query.
        Raises StorageUnavailable.
        """

    @abstractmethod
    async def discard(self, paths: Sequence[Path]) -> None:
        """Delete what `list_files` has found; raises StorageUnavailable."""

    @abstractmethod
    async def measure_use(self) -> int | None:
        """Return the percentage of the room that is used, None where there is no end of it.

        Raises StorageUnavailable.
        """

    @abstractmethod
    async def sign(self, path: Path) -> str | None:
        """Return an address from which anybody may fetch the file for `SIGNED_FOR`.

        None where we send our files ourselves.
        """

    @abstractmethod
    def workspace(self) -> AbstractAsyncContextManager[Workspace]:
        """Open a workspace for the block's length."""
