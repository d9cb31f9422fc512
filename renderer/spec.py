"""What a film looks like: sizes, speed and quality as one frozen value.

Lengths with the suffix `_size_px` of things on the record are given on the 1080 px canvas
the pictures are drawn on, and scale with `size_px`.
"""

from dataclasses import dataclass

from renderer.errors import BadSpec

CANVAS_PX = 1080


@dataclass(frozen=True, slots=True)
class RenderSpec:
    """The numbers of one film; the defaults are the campaign's own."""

    size_px: int = 720
    fps: int = 15
    rpm: int = 20
    crf: int = 28
    audio_bit_rate: int = 192_000
    pet_size_px: int = 360
    vinyl_size_px: int = 736

    def __post_init__(self) -> None:
        if min(self.size_px, self.fps, self.rpm, self.audio_bit_rate) <= 0 or self.size_px % 2:
            raise BadSpec(f"size, speed and bit rate must be positive and the size even: {self}")
        if not 0 < self.pet_size_px < self.vinyl_size_px <= CANVAS_PX:
            raise BadSpec(f"the pet must fit on the vinyl and the vinyl on {CANVAS_PX} px: {self}")
        if 60 * self.fps % self.rpm:
            raise BadSpec(
                f"{self.rpm} rpm at {self.fps} fps is {60 * self.fps / self.rpm:g} frames per "
                "rotation; choose a pair that gives a whole number"
            )

    @property
    def frames_per_cycle(self) -> int:
        """How many frames one rotation takes."""
        return 60 * self.fps // self.rpm

    @property
    def scale(self) -> float:
        """Film pixels per canvas pixel."""
        return self.size_px / CANVAS_PX

    def count_frames(self, duration_s: float) -> int:
        """How many frames film `duration_s`, to the nearest frame and at least one."""
        return max(1, round(duration_s * self.fps))
