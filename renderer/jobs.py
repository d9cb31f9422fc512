"""Specs in, reports out: the frozen values the public calls take and return.

They cross the pipe to a child process as JSON, so each field is JSON, a path or such a value.
"""

from dataclasses import dataclass, field
from pathlib import Path

from renderer.errors import BadSpec
from renderer.spec import RenderSpec

AUTO = "auto"
SHORTEST_FILM_S = 0.5


@dataclass(frozen=True, slots=True)
class Choice:
    """The encoder to use; `fallback` says why it is not the hardware one."""

    encoder: str
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class PressJob:
    """Press `photo` into a looping film of one rotation, `cycle`, and its first frame, `poster`."""

    photo: Path
    cycle: Path
    poster: Path | None = None
    encoder: str = AUTO
    spec: RenderSpec = field(default_factory=RenderSpec)

    @property
    def outputs(self) -> tuple[Path, ...]:
        """Return the files the job writes."""
        return (self.cycle, self.poster) if self.poster else (self.cycle,)


@dataclass(frozen=True, slots=True)
class PressReport:
    """What `press` wrote; `fallback` says why the hardware encoder was not used."""

    encoder: str
    fallback: str | None
    frames: int
    size_bytes: int
    timings: dict[str, float]


@dataclass(frozen=True, slots=True)
class Film:
    """One MP4 to write at `out`.

    `cycle` is what `press` wrote for the same photo and spec; without it, or where it is missing,
    damaged or of another photo, the cycle is pressed anew. The film is as long as the song, or ends
    at `longest_s` seconds of it.
    """

    out: Path
    spec: RenderSpec = field(default_factory=RenderSpec)
    cycle: Path | None = None
    longest_s: float | None = None

    def __post_init__(self) -> None:
        if self.longest_s is not None and not self.longest_s >= SHORTEST_FILM_S:
            raise BadSpec(f"a film of {self.longest_s:g} s is too short")


@dataclass(frozen=True, slots=True)
class RenderJob:
    """Film `photo` turning to `song`, once for each of `films`; the song is encoded once for all.

    All films appear or none; they must agree on the sound's bit rate.
    """

    photo: Path
    song: Path
    films: tuple[Film, ...]
    encoder: str = AUTO

    @property
    def outputs(self) -> tuple[Path, ...]:
        """Return the files the job writes."""
        return tuple(film.out for film in self.films)


@dataclass(frozen=True, slots=True)
class FilmReport:
    """One film as it was read back; `encoder` is the one that made its frames.

    `fallback` says why that was not the hardware one.
    """

    encoder: str
    fallback: str | None
    frames: int
    size_bytes: int
    is_cycle_reused: bool


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What `render` wrote, a report for each film in the job's order."""

    duration_s: float
    films: tuple[FilmReport, ...]
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
