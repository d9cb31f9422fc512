"""What a submission's files are called; every name is derived from its session_id alone."""

import re
import uuid
from pathlib import Path
from typing import Final

from renderer import FORMATS
from renderer.parts import PART
from server.ids import is_session_id

FOLDER_NAMES: Final = ("uploads", "audio", "video", "preview")
PARTIAL_SUFFIX: Final = ".part"
DRAFTS: Final = (re.compile(r"(?P<of>.+)\.(?:\d+|[0-9a-f]{32})\.part"), PART)
"""Ours, by `partial` and `unique_partial`, and the renderer's, which may be parts of ours."""
PROBE: Final = re.compile(r"[0-9a-f]{32}\.part")
PLAIN_FORMAT: Final = "square"
"""The format whose files bear a bare session_id."""


class Folders:
    """Four folders and the names of the files in them."""

    def __init__(self, photos: Path, songs: Path, videos: Path, previews: Path) -> None:
        self.photos = photos
        self.songs = songs
        self.videos = videos
        self.previews = previews

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

    def video(self, session_id: str, video_format: str) -> Path:
        """Return the path of the finished MP4 in one format."""
        return self.videos / f"{video_name(session_id, video_format)}.mp4"

    def teaser(self, session_id: str) -> Path:
        """Return the path of the main video's beginning, which links are shown with."""
        return _path(self.videos, session_id, "-teaser.mp4")

    def preview(self, session_id: str, video_format: str) -> Path:
        """Return the path of the MP4 of one loop in one format."""
        return self.previews / f"{video_name(session_id, video_format)}.mp4"

    def poster(self, session_id: str) -> Path:
        """Return the path of the main video's first frame as a JPEG."""
        return _path(self.previews, session_id, ".jpg")

    def card(self, session_id: str) -> Path:
        """Return the path of the picture that a link to the song is shown with, a JPEG."""
        return _path(self.previews, session_id, "-card.jpg")

    def files(self, session_id: str) -> tuple[Path, ...]:
        """Return every path that may exist for one submission, whatever formats are made today."""
        return (
            self.photo(session_id),
            self.song(session_id),
            *(self.video(session_id, video_format) for video_format in FORMATS),
            self.teaser(session_id),
            *(self.preview(session_id, video_format) for video_format in FORMATS),
            self.poster(session_id),
            self.card(session_id),
        )

    def find_owner(self, path: Path) -> str | None:
        """Return the session_id that `path`, or the path it is a draft of, is derived from."""
        name = _find_final_name(path.name)
        session_id = re.split(r"[-.]", name)[0]
        is_ours = is_session_id(session_id) and path.with_name(name) in self.files(session_id)
        return session_id if is_ours else None

    def is_draft(self, path: Path) -> bool:
        """Say whether `path` is a draft of one of our files, or a probe of `check`."""
        if PROBE.fullmatch(path.name):
            return True
        return _find_final_name(path.name) != path.name and self.find_owner(path) is not None


def folders_below(root: Path) -> tuple[Path, Path, Path, Path]:
    """Return where photos, songs, videos and previews lie below one root."""
    photos, songs, videos, previews = (root / name for name in FOLDER_NAMES)
    return photos, songs, videos, previews


def video_name(session_id: str, video_format: str) -> str:
    """Return the name, without `.mp4`, of the files of one submission in one format.

    Raises ValueError for anything but an id of ours and a known format.
    """
    if video_format not in FORMATS:
        raise ValueError("not a format")
    suffix = "" if video_format == PLAIN_FORMAT else f"-{video_format}"
    return _checked(session_id) + suffix


def read_video_name(name: str) -> tuple[str, str] | None:
    """Return the session_id and the format that `video_name` makes `name` of, else None."""
    session_id, _, suffix = name.partition("-")
    video_format = suffix or PLAIN_FORMAT
    try:
        is_ours = name == video_name(session_id, video_format)
    except ValueError:
        return None
    return (session_id, video_format) if is_ours else None


def partial(path: Path, fence: int) -> Path:
    """Return the name under which the holder of `fence` writes before publishing to `path`."""
    return path.with_name(f"{path.name}.{fence}{PARTIAL_SUFFIX}")


def unique_partial(path: Path) -> Path:
    """Return a name under which nobody else writes what is to become `path`."""
    return path.with_name(f"{path.name}.{name_probe()}")


def name_probe() -> str:
    """Return a name of its own for what `Storage.check` writes and deletes."""
    return f"{uuid.uuid4().hex}{PARTIAL_SUFFIX}"


def _find_final_name(name: str) -> str:
    while draft := next(filter(None, (shape.fullmatch(name) for shape in DRAFTS)), None):
        name = draft["of"]
    return name


def _path(folder: Path, session_id: str, suffix: str) -> Path:
    return folder / f"{_checked(session_id)}{suffix}"


def _checked(session_id: str) -> str:
    # The last line of defence: no text but an id of ours ever becomes part of a path.
    if not is_session_id(session_id):
        raise ValueError("not a session id")
    return session_id
