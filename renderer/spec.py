"""The size, speed and quality of a video, as one frozen value.

Sizes of things on the record are in pixels of the layout's canvas, and scale with the video.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from renderer.errors import BadSpec
from renderer.layout import LAYOUTS, PLAYER_PX, Layout, find_layout


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
        if find_layout(self.width_px, self.height_px) is None:
            raise BadSpec(
                f"{self.width_px}x{self.height_px} has no layout; choose the shape of "
                + " or ".join(f"{each.width_px}x{each.height_px}" for each in LAYOUTS)
            )
        if not 0 < self.pet_size_px < self.vinyl_size_px <= PLAYER_PX:
            raise BadSpec(f"the pet must fit on the vinyl and the vinyl on {PLAYER_PX} px: {self}")
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
        return self.width_px / self.layout.width_px

    @property
    def layout(self) -> Layout:
        """The layout of the video's shape."""
        layout = find_layout(self.width_px, self.height_px)
        assert layout is not None  # checked when the spec was made
        return layout

    def count_frames(self, duration_s: float) -> int:
        """The number of frames for `duration_s`, rounded to the nearest and at least one."""
        return max(1, round(duration_s * self.fps))


FORMATS: Final[Mapping[str, RenderSpec]] = MappingProxyType(
    {
        "square": RenderSpec(),
        "hd": RenderSpec(width_px=1080, height_px=1080, fps=30),
        "story": RenderSpec(width_px=1080, height_px=1920, fps=30),
        "wide": RenderSpec(width_px=1920, height_px=1080, fps=30),
    }
)
"""The formats by name: for pages and messages, large screens, phone apps, televisions."""
