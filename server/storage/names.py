"""Names of a submission's files; each is derived from the session_id alone."""

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
"""Names of our drafts (`partial`, `unique_partial`) and of the renderer's, which may nest."""
PROBE: Final = re.compile(r"[0-9a-f]{32}\.part")
PLAIN_FORMAT: Final = "square"
"""The format whose files are named by the session_id without a suffix."""


class Folders:
    """Four folders and the names of the files in them."""

    def __init__(self, photos: Path, songs: Path, videos: Path, previews: Path) -> None:
        self.photos = photos
        self.songs = songs
        self.videos = videos
        self.previews = previews

    @property
    def folders(self) -> tuple[Path, Path, Path, Path]:
        return (self.photos, self.songs, self.videos, self.previews)

    def photo(self, session_id: str) -> Path:
        """The visitor's cleaned photo."""
        return _path(self.photos, session_id, ".jpg")

    def song(self, session_id: str) -> Path:
        """The downloaded MP3."""
        return _path(self.songs, session_id, ".mp3")

    def video(self, session_id: str, video_format: str) -> Path:
        """The finished MP4 in one format."""
        return self.videos / f"{video_name(session_id, video_format)}.mp4"

    def teaser(self, session_id: str) -> Path:
        """The beginning of the main video, for links."""
        return _path(self.videos, session_id, "-teaser.mp4")

    def preview(self, session_id: str, video_format: str) -> Path:
        """The MP4 of one loop in one format."""
        return self.previews / f"{video_name(session_id, video_format)}.mp4"

    def poster(self, session_id: str) -> Path:
        """The first frame of the main video, a JPEG."""
        return _path(self.previews, session_id, ".jpg")

    def card(self, session_id: str) -> Path:
        """The preview image for links to the song, a JPEG."""
        return _path(self.previews, session_id, "-card.jpg")

    def files(self, session_id: str) -> tuple[Path, ...]:
        """Every path that a submission may have, including formats that are no longer made."""
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
        """The session_id of a file or of the draft of one; None if the file is not ours."""
        name = _find_final_name(path.name)
        session_id = re.split(r"[-.]", name)[0]
        is_ours = is_session_id(session_id) and path.with_name(name) in self.files(session_id)
        return session_id if is_ours else None

    def is_draft(self, path: Path) -> bool:
        """Return whether `path` is a draft of one of our files, or a probe of `check`."""
        if PROBE.fullmatch(path.name):
            return True
        return _find_final_name(path.name) != path.name and self.find_owner(path) is not None


def folders_below(root: Path) -> tuple[Path, Path, Path, Path]:
    """Folders of photos, songs, videos and previews below `root`."""
    photos, songs, videos, previews = (root / name for name in FOLDER_NAMES)
    return photos, songs, videos, previews


def video_name(session_id: str, video_format: str) -> str:
    """The file name, without `.mp4`, of one submission in one format.

    Raises ValueError for anything but one of our ids and a known format.
    """
    if video_format not in FORMATS:
        raise ValueError("not a format")
    suffix = "" if video_format == PLAIN_FORMAT else f"-{video_format}"
    return checked(session_id) + suffix


def read_video_name(name: str) -> tuple[str, str] | None:
    """Parse a name made by `video_name` into session_id and format; None if it is not one."""
    session_id, _, suffix = name.partition("-")
    video_format = suffix or PLAIN_FORMAT
    try:
        is_ours = name == video_name(session_id, video_format)
    except ValueError:
        return None
    return (session_id, video_format) if is_ours else None


def partial(path: Path, fence: int) -> Path:
    """The draft of `path` that the holder of `fence` writes before publishing it."""
    return path.with_name(f"{path.name}.{fence}{PARTIAL_SUFFIX}")


def unique_partial(path: Path) -> Path:
    """A unique name for a draft of `path`."""
    return path.with_name(f"{path.name}.{name_probe()}")


def name_probe() -> str:
    """A unique name for the probe of `Storage.check`."""
    return f"{uuid.uuid4().hex}{PARTIAL_SUFFIX}"


def _find_final_name(name: str) -> str:
    while draft := next(filter(None, (shape.fullmatch(name) for shape in DRAFTS)), None):
        name = draft["of"]
    return name


def _path(folder: Path, session_id: str, suffix: str) -> Path:
    return folder / f"{checked(session_id)}{suffix}"


def checked(session_id: str) -> str:
    """Return `session_id`; raises ValueError for anything but one of our ids."""
    # The last line of defence: only one of our ids ever becomes part of a path.
    if not is_session_id(session_id):
        raise ValueError("not a session id")
    return session_id
