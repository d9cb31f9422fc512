"""Specs in, reports out: the frozen values the public calls take and return.

They cross the pipe to a child process as JSON, so each field is JSON or a path.
"""

from dataclasses import dataclass, field
from pathlib import Path

from renderer.spec import RenderSpec


@dataclass(frozen=True, slots=True)
class PressJob:
    """Press `photo` into a looping film of one rotation, `cycle`, and its first frame, `poster`."""

    photo: Path
    cycle: Path
    poster: Path
    encoder: str = "auto"
    spec: RenderSpec = field(default_factory=RenderSpec)


@dataclass(frozen=True, slots=True)
class PressReport:
    """What `press` wrote; `fallback` says why the hardware encoder was not used."""

    encoder: str
    fallback: str | None
    frames: int
    size_bytes: int
    timings: dict[str, float]


@dataclass(frozen=True, slots=True)
class RenderJob:
    """Film `photo` turning to `song` into an MP4 at `out`.

    `cycle` is the film that `press` wrote for the same photo and spec; without it, or where it
    is missing, damaged or of another photo, the cycle is pressed anew.
    """

    photo: Path
    song: Path
    out: Path
    cycle: Path | None = None
    encoder: str = "auto"
    spec: RenderSpec = field(default_factory=RenderSpec)


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What `render` wrote, after it was read back; `encoder` is the one that made the frames."""

    duration_s: float
    encoder: str
    fallback: str | None
    frames: int
    size_bytes: int
    is_cycle_reused: bool
    timings: dict[str, float]


@dataclass(frozen=True, slots=True)
class SongReport:
    """What a song really holds, found by decoding it to the end."""

    duration_s: float
    sample_rate: int
    channels: int
