"""The layouts: the canvas that a video's pictures are drawn on, and where the record turns on it.

A layout is all that a new shape needs, apart from its background, which `renderer.drawing` draws.
"""

from dataclasses import dataclass
from typing import Final

PLAYER_PX: Final = 1080
"""The side of the square around the spindle that holds the record player, in canvas pixels."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A canvas and the place of the spindle on it, in canvas pixels."""

    name: str
    width_px: int
    height_px: int
    spindle_x_px: int
    spindle_y_px: int

    @property
    def background(self) -> str:
        """The file name of its background."""
        return f"{self.width_px}x{self.height_px}-bg.png"


LAYOUTS: Final = (
    Layout("square", 1080, 1080, spindle_x_px=540, spindle_y_px=540),
    # The record is above the middle, because apps cover the lower end.
    Layout("tall", 1080, 1920, spindle_x_px=540, spindle_y_px=888),
    Layout("wide", 1920, 1080, spindle_x_px=960, spindle_y_px=540),
)


def find_layout(width_px: int, height_px: int) -> Layout | None:
    """Return the layout of a video's shape, None if there is none for it."""
    for layout in LAYOUTS:
        if round(layout.width_px * height_px / width_px) == layout.height_px:
            return layout
    return None
