"""Specs in, reports out: the frozen values the public calls take and return.

They cross the pipe to a child process as JSON, so each field is JSON, a path or such a value.
"""

from dataclasses import dataclass, field
from pathlib import Path

from renderer.errors import BadSpec
from renderer.spec import RenderSpec

AUTO = "auto"
SHORTEST_VIDEO_S = 0.5


@dataclass(frozen=True, slots=True)
class Choice:
    """The encoder to use; `fallback` says why it is not the hardware one."""

    encoder: str
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class LoopJob:
    """Encode one rotation of `photo` as the video `loop`, and its first frame as `poster`."""

    photo: Path
    loop: Path
    poster: Path | None = None
    encoder: str = AUTO
    spec: RenderSpec = field(default_factory=RenderSpec)

    @property
    def outputs(self) -> tuple[Path, ...]:
        """Return the files the job writes."""
        return (self.loop, self.poster) if self.poster else (self.loop,)


@dataclass(frozen=True, slots=True)
class LoopReport:
    """What `make_loop` wrote; `fallback` says why the hardware encoder was not used."""

    encoder: str
    fallback: str | None
    frames: int
    size_bytes: int
    timings: dict[str, float]


@dataclass(frozen=True, slots=True)
class Video:
    """One MP4 to write at `out`.

    `loop` is what `make_loop` wrote for the same photo and spec. A loop that is missing, damaged
    or of another photo is encoded anew. The video is as long as the song, or ends
    at `longest_s` seconds of it.
    """

    out: Path
    spec: RenderSpec = field(default_factory=RenderSpec)
    loop: Path | None = None
    longest_s: float | None = None

    def __post_init__(self) -> None:
        if self.longest_s is not None and not self.longest_s >= SHORTEST_VIDEO_S:
            raise BadSpec(f"a video of {self.longest_s:g} s is too short")


@dataclass(frozen=True, slots=True)
class RenderJob:
    """Video `photo` turning to `song`, once for each of `videos`; the song is encoded once for all.

    All videos appear or none; they must agree on the sound's bit rate.
    """

    photo: Path
    song: Path
    videos: tuple[Video, ...]
    encoder: str = AUTO

    @property
    def outputs(self) -> tuple[Path, ...]:
        """Return the files the job writes."""
        return tuple(video.out for video in self.videos)


@dataclass(frozen=True, slots=True)
class VideoReport:
    """One video as it was read back; `encoder` is the one that made its frames.

    `fallback` says why that was not the hardware one.
    """

    encoder: str
    fallback: str | None
    frames: int
    size_bytes: int
    is_loop_reused: bool


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What `render` wrote, a report for each video in the job's order."""

    duration_s: float
    videos: tuple[VideoReport, ...]
    timings: dict[str, float]


@dataclass(frozen=True, slots=True)
class CardJob:
    """Draw the picture that a link to a pet's song is shown with, at `out`."""

    photo: Path
    out: Path
    pet_name: str
    owner_name: str

    @property
    def outputs(self) -> tuple[Path, ...]:
        """Return the files the job writes."""
        return (self.out,)


@dataclass(frozen=True, slots=True)
class CardReport:
    """What `draw_card` wrote."""

    size_bytes: int
    timings: dict[str, float]


@dataclass(frozen=True, slots=True)
class SongReport:
    """What a song really holds, found by decoding it to the end."""

    duration_s: float
    sample_rate: int
    channels: int
