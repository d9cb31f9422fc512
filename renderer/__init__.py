"""Renders videos of a spinning record from a pet's photo and a song.

May import the standard library, numpy, cv2, av and mutagen; knows nothing of the server. Start
reading at `render.py` (make_loop, then render), then `loop.py` and `mp4.py`. `card.py` makes the
preview image for links; `drawing/` draws the pictures in `assets/`. Applications use `RenderPool`,
which keeps the work in child processes. Invariant: this module imports none of those libraries, so
that a process that only requests videos stays small.
"""

from renderer.errors import (
    AssetsMissing,
    BadPhoto,
    BadSong,
    BadSpec,
    EncoderUnavailable,
    InputUnreadable,
    OutputFailed,
    OutputUnwritable,
    RenderCrashed,
    RenderError,
    RenderTimeout,
)
from renderer.jobs import (
    CardJob,
    CardReport,
    CardText,
    LoopJob,
    LoopReport,
    RenderJob,
    RenderReport,
    SongReport,
    Video,
    VideoReport,
)
from renderer.pool import RenderPool
from renderer.spec import FORMATS, RenderSpec

__all__ = [
    "FORMATS",
    "AssetsMissing",
    "BadPhoto",
    "BadSong",
    "BadSpec",
    "CardJob",
    "CardReport",
    "CardText",
    "EncoderUnavailable",
    "InputUnreadable",
    "LoopJob",
    "LoopReport",
    "OutputFailed",
    "OutputUnwritable",
    "RenderCrashed",
    "RenderError",
    "RenderJob",
    "RenderPool",
    "RenderReport",
    "RenderSpec",
    "RenderTimeout",
    "SongReport",
    "Video",
    "VideoReport",
]
