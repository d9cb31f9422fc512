"""The size, speed and quality of a video, as one frozen value.

Sizes of things on the record refer to the canvas of the pictures, which is `CANVAS_PX` wide, and
scale with the video's width.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from renderer.errors import BadSpec

CANVAS_PX: Final = 1080
SPINDLE_X_PX: Final = 540

# In a tall video the record is above the middle, because apps cover the lower end.
_SPINDLE_Y_PX: Final = {1080: 540, 1920: 888}


@dataclass(frozen=True, slots=True)
class RenderSpec:
    """The parameters of one video; the defaults are the campaign's.

    `crf` is on libx264's scale; other encoders are set to a similar quality.
    """

    width_px: int = 720
    height_px: int = 720
    fps: int = 15
    rpm: int = 20
    crf: int = 28
    audio_bit_rate: int = 192_000
    pet_size_px: int = 360
    vinyl_size_px: int = 736

    def __post_init__(self) -> None:
        if min(self.width_px, self.height_px, self.fps, self.rpm, self.audio_bit_rate) <= 0:
            raise BadSpec(f"size, speed and bit rate must be positive: {self}")
        if self.width_px % 2 or self.height_px % 2:
            raise BadSpec(f"{self.width_px}x{self.height_px}: width and height must be even")
        if self.canvas_height_px not in _SPINDLE_Y_PX:
            raise BadSpec(
                f"{self.width_px}x{self.height_px} has no background picture; "
                "choose a square or 9:16"
            )
        if not 0 < self.pet_size_px < self.vinyl_size_px <= CANVAS_PX:
            raise BadSpec(f"the pet must fit on the vinyl and the vinyl on {CANVAS_PX} px: {self}")
        if 60 * self.fps % self.rpm:
            raise BadSpec(
                f"{self.rpm} rpm at {self.fps} fps is {60 * self.fps / self.rpm:g} frames per "
                "rotation; choose a pair that gives a whole number"
            )

    @property
    def frames_per_loop(self) -> int:
        """The number of frames of one rotation."""
        return 60 * self.fps // self.rpm

    @property
    def scale(self) -> float:
        """Video pixels per canvas pixel."""
        return self.width_px / CANVAS_PX

    @property
    def canvas_height_px(self) -> int:
        """The height of the canvas, whose width is `CANVAS_PX`."""
        return round(CANVAS_PX * self.height_px / self.width_px)

    @property
    def spindle_y_px(self) -> int:
        """The distance of the record's centre from the top of the canvas."""
        return _SPINDLE_Y_PX[self.canvas_height_px]

    def count_frames(self, duration_s: float) -> int:
        """The number of frames for `duration_s`, rounded to the nearest and at least one."""
        return max(1, round(duration_s * self.fps))


FORMATS: Final[Mapping[str, RenderSpec]] = MappingProxyType(
    {
        "square": RenderSpec(),
        "hd": RenderSpec(width_px=1080, height_px=1080, fps=30),
        "story": RenderSpec(width_px=1080, height_px=1920, fps=30),
    }
)
"""The formats by name: for pages and messages, for large screens, for phone apps."""
