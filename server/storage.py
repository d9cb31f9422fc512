"""Where a submission's files live; every path is derived from its session_id and nothing else.

A file appears under its final name only when it is complete: it is written beside it under a name
that carries the writer's fence, flushed to disk, and renamed.
"""

import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from renderer import FORMATS
from server.errors import PetsongError
from server.ids import is_session_id
from server.settings import Settings

PARTIAL_SUFFIX = ".part"
PLAIN_FORMAT = "square"
"""The format whose files bear a bare session_id."""


class StorageUnavailable(PetsongError):
    """A folder cannot be written to: full, read-only or missing."""


@dataclass(frozen=True)
class Storage:
    """The four folders of the site."""

    photos: Path
    songs: Path
    videos: Path
    previews: Path

    @classmethod
    def from_settings(cls, settings: Settings) -> "Storage":
        """Create the folders where they are missing; raise StorageUnavailable if that fails."""
        storage = cls(
            photos=settings.img_storage.resolve(),
            songs=settings.audio_storage.resolve(),
            videos=settings.video_storage.resolve(),
            previews=settings.preview_storage.resolve(),
        )
        for folder in storage.folders:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                probe = folder / f"{uuid.uuid4().hex}{PARTIAL_SUFFIX}"
                probe.touch()
                probe.unlink()
            except OSError as error:
                raise StorageUnavailable(f"cannot write to {folder}: {error.strerror}") from error
        return storage

    @property
    def folders(self) -> tuple[Path, Path, Path, Path]:
        """Return the folders of photos, songs, videos and previews."""
        return (self.photos, self.songs, self.videos, self.previews)

    def photo(self, session_id: str) -> Path:
        """Return the path of the visitor's cleaned photo."""
        return _path(self.photos, session_id, ".jpg")

    def song(self, session_id: str) -> Path:
        """Return the path of the downloaded MP3."""
        return _path(self.songs, session_id, ".mp3")

    def video(self, session_id: str, film_format: str) -> Path:
        """Return the path of the finished MP4 in one format."""
        return self.videos / f"{film_name(session_id, film_format)}.mp4"

    def preview(self, session_id: str, film_format: str) -> Path:
        """Return the path of the MP4 of one cycle in one format."""
        return self.previews / f"{film_name(session_id, film_format)}.mp4"

    def poster(self, session_id: str) -> Path:
        """Return the path of the main film's first frame as a JPEG."""
        return _path(self.previews, session_id, ".jpg")

    def card(self, session_id: str) -> Path:
        """Return the path of the picture that a link to the song is shown with, a JPEG."""
        return _path(self.previews, session_id, "-card.jpg")

    def files(self, session_id: str) -> tuple[Path, ...]:
        """Return every path that may exist for one submission, whatever formats are made today."""
        return (
            self.photo(session_id),
            self.song(session_id),
            *(self.video(session_id, film_format) for film_format in FORMATS),
            *(self.preview(session_id, film_format) for film_format in FORMATS),
            self.poster(session_id),
            self.card(session_id),
        )

    def disk_used_percent(self) -> float:
        """Return how full the file system of the videos is, 0 to 100."""
        usage = shutil.disk_usage(self.videos)
        return 100 * usage.used / usage.total


def film_name(session_id: str, film_format: str) -> str:
    """Return the name, without `.mp4`, of the files of one submission in one format.

    Raises ValueError for anything but an id of ours and a known format.
    """
    if film_format not in FORMATS:
        raise ValueError("not a format")
    suffix = "" if film_format == PLAIN_FORMAT else f"-{film_format}"
    return _checked(session_id) + suffix


def read_film_name(name: str) -> tuple[str, str] | None:
    """Return the session_id and the format that `film_name` makes `name` of, else None."""
    session_id, _, suffix = name.partition("-")
    film_format = suffix or PLAIN_FORMAT
    try:
        is_ours = name == film_name(session_id, film_format)
    except ValueError:
        return None
    return (session_id, film_format) if is_ours else None


def partial(path: Path, fence: int) -> Path:
    """Return the name under which the holder of `fence` writes before publishing to `path`."""
    return path.with_name(f"{path.name}.{fence}{PARTIAL_SUFFIX}")


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


def _path(folder: Path, session_id: str, suffix: str) -> Path:
    return folder / f"{_checked(session_id)}{suffix}"


def _checked(session_id: str) -> str:
    # The last line of defence: no text but an id of ours ever becomes part of a path.
    if not is_session_id(session_id):
        raise ValueError("not a session id")
    return session_id
