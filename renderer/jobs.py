"""The jobs and reports of the public calls, as frozen values.

They are sent to child processes as JSON, so each field is JSON, a path or such a value.
"""

from dataclasses import dataclass, field
from pathlib import Path

from renderer.errors import BadSpec
from renderer.spec import RenderSpec

AUTO = "auto"
SHORTEST_VIDEO_S = 0.5


@dataclass(frozen=True, slots=True)
class Choice:
    """The encoder to use; `fallback` is why no hardware encoder is used."""

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
    """The result of `make_loop`; `fallback` is why no hardware encoder was used."""

    encoder: str
    fallback: str | None
    frames: int
    size_bytes: int
    timings: dict[str, float]


@dataclass(frozen=True, slots=True)
class Video:
    """One MP4 to write at `out`.

    `loop` was made by `make_loop` from the same photo and spec. A loop that is missing, damaged or
    made from another photo is encoded again. The video is as long as the song, or ends after
    `longest_s` seconds.
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
    """Render `photo` and `song` into each of `videos`; the song is encoded once.

    All videos appear or none; they must have the same audio bit rate.
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
    """One video as it was read back; `encoder` made its frames.

    `fallback` is why no hardware encoder was used.
    """

    encoder: str
    fallback: str | None
    frames: int
    size_bytes: int
    is_loop_reused: bool


@dataclass(frozen=True, slots=True)
class RenderReport:
    """The result of `render`, with a report per video in the job's order."""

    duration_s: float
    videos: tuple[VideoReport, ...]
    timings: dict[str, float]


@dataclass(frozen=True, slots=True)
class CardText:
    """The lines of a card, from top to bottom.

    Names that the fonts cannot show are left out; `unnamed_pet` stands for the pet's.
    """

    title: str
    pet_name: str
    sender: str
    owner_name: str
    unnamed_pet: str


@dataclass(frozen=True, slots=True)
class CardJob:
    """Draw the preview image for links to a song at `out`."""

    photo: Path
    out: Path
    text: CardText

    @property
    def outputs(self) -> tuple[Path, ...]:
        """Return the files the job writes."""
        return (self.out,)


@dataclass(frozen=True, slots=True)
class CardReport:
    """The result of `draw_card`."""

    size_bytes: int
    timings: dict[str, float]


@dataclass(frozen=True, slots=True)
class SongReport:
    """The real properties of a song, found by decoding it completely."""

    duration_s: float
    sample_rate: int
    channels: int
