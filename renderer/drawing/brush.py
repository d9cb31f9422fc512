"""Tools for all pictures: shapes as distances, metal and lacquer as colours, one lamp.

Everything is drawn larger with exact edges and scaled down, so the same numbers give the same
pictures.
"""

from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.floating[Any]]
Colour = tuple[float, float, float]  # red, green, blue in 0-255

OVERSIZE = 2  # drawn pixels per pixel of the picture, on each axis

WINE, ROSE, BLUSH = (58, 12, 30), (196, 104, 108), (250, 214, 196)
GOLD_DARK, GOLD, GOLD_LIGHT = (120, 82, 52), (212, 172, 122), (255, 238, 208)
PAPER, RASPBERRY = (248, 236, 220), (168, 34, 68)
STEEL_DARK, STEEL, STEEL_LIGHT = (72, 66, 70), (186, 178, 178), (255, 252, 246)
INK = (12, 9, 11)


class Picture:
    """A picture being drawn: premultiplied RGB and coverage.

    `x` and `y` are each pixel's position on the square canvas on which the player is drawn. The
    picture shows that canvas from (`left`, `top`), at `scale` pixels per canvas pixel.
    """

    def __init__(
        self, width: int, height: int, left: float = 0, top: float = 0, scale: float = 1
    ) -> None:
        self.size, self.left, self.top, self.scale = (width, height), left, top, scale
        self.rgb = np.zeros((height * OVERSIZE, width * OVERSIZE, 3), np.float32)
        self.alpha = np.zeros((height * OVERSIZE, width * OVERSIZE), np.float32)
        drawn = OVERSIZE * scale
        across = ((np.arange(width * OVERSIZE) + 0.5) / drawn + left).astype(np.float32)
        down = ((np.arange(height * OVERSIZE) + 0.5) / drawn + top).astype(np.float32)
        self.x, self.y = np.meshgrid(across, down)

    def crop(self, left: float, top: float, right: float, bottom: float) -> "Picture":
        """A part that shares its pixels with this picture; drawing small things on it is faster."""
        drawn = OVERSIZE * self.scale
        first, last, above, below = (
            max(0, round(edge * drawn))
            for edge in (left - self.left, right - self.left, top - self.top, bottom - self.top)
        )
        part = copy(self)
        part.left, part.top = self.left + first / drawn, self.top + above / drawn
        rows, columns = slice(above, below), slice(first, last)
        part.rgb, part.alpha = self.rgb[rows, columns], self.alpha[rows, columns]
        part.x, part.y = self.x[rows, columns], self.y[rows, columns]
        return part

    def lay(self, colour: Colour | Plane, coverage: Plane | float) -> None:
        """Lay a colour, or one colour per pixel, over the picture."""
        cover = np.broadcast_to(np.asarray(coverage, np.float32), self.alpha.shape)
        rows, columns = np.flatnonzero(cover.any(1)), np.flatnonzero(cover.any(0))
        if not rows.size:
            return
        part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        paint = np.asarray(colour, np.float32)
        if paint.ndim == 3:
            paint = paint[part]
        self.rgb[part] += (paint - self.rgb[part]) * cover[part][..., None]
        self.alpha[part] += (1 - self.alpha[part]) * cover[part]

    def shade(self, coverage: Plane, shift: tuple[float, float], blur: float, dark: float) -> None:
        """Draw the shadow of a shape with this coverage, lit from the upper left."""
        drawn = OVERSIZE * self.scale
        moved = np.array([[1, 0, shift[0] * drawn], [0, 1, shift[1] * drawn]], np.float32)
        shadow = cv2.warpAffine(coverage, moved, coverage.shape[::-1])
        self.lay(INK, np.asarray(cv2.GaussianBlur(shadow, (0, 0), blur * drawn), np.float32) * dark)

    def save(self, path: Path, *, has_alpha: bool) -> None:
        """Scale down and write as PNG, with straight alpha."""
        layers = cv2.merge([*cv2.split(self.rgb)[::-1], self.alpha * 255])
        small = np.asarray(cv2.resize(layers, self.size, interpolation=cv2.INTER_AREA), np.float32)
        small[..., :3] /= np.maximum(small[..., 3:] / 255, 1e-4)
        picture = np.clip(np.rint(small), 0, 255).astype(np.uint8)
        picture[picture[..., 3] == 0] = 0
        cv2.imwrite(
            str(path), picture if has_alpha else picture[..., :3], [cv2.IMWRITE_PNG_COMPRESSION, 9]
        )


def fill(distance: Plane) -> Plane:
    """Cover the inside (negative distance) with an edge one drawn pixel wide."""
    return np.asarray(np.clip(0.5 - distance * OVERSIZE, 0, 1), np.float32)


def ring(radius: Plane, inner: float, outer: float) -> Plane:
    """Cover what lies between two circles."""
    return fill(np.maximum(inner - radius, radius - outer))


def box(x: Plane, y: Plane, half: tuple[float, float], corner: float) -> Plane:
    """Distance to a rounded box around 0."""
    beyond_x, beyond_y = np.abs(x) - half[0] + corner, np.abs(y) - half[1] + corner
    outside = np.hypot(np.maximum(beyond_x, 0), np.maximum(beyond_y, 0))
    return outside + np.minimum(np.maximum(beyond_x, beyond_y), 0) - corner


def heart(x: Plane, y: Plane, size: float) -> Plane:
    """Distance to an upright heart around 0, exact at the edge."""
    x, y = np.abs(x) / size, 0.62 - y / size
    lobe = np.hypot(x - 0.25, y - 0.75) - np.sqrt(2) / 4
    tip = np.hypot(x, y - 1)
    along = np.maximum(x + y, 0) / 2
    side = np.hypot(x - along, y - along) * np.sign(x - y)
    lower = np.where(np.abs(side) < tip, side, tip * np.sign(x - y))
    return np.where(x + y > 1, lobe, lower) * size


def ramp(value: Plane, stops: Sequence[tuple[float, Colour]]) -> Plane:
    """Colour each value by interpolating between stops."""
    at = [stop for stop, _ in stops]
    channels = [np.interp(value, at, [colour[c] for _, colour in stops]) for c in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def turn(x: Plane, y: Plane, degrees: float) -> tuple[Plane, Plane]:
    """Give coordinates in axes that are turned clockwise."""
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return x * cos + y * sin, y * cos - x * sin


def brushed(angle: Plane, stops: list[tuple[float, Colour]]) -> Plane:
    """Colour turned metal: brightest towards the lamp and away from it."""
    towards_lamp = np.cos(2 * (angle + np.deg2rad(122))) / 2 + 0.5
    return ramp(towards_lamp**1.6, stops)


def shine(across: Plane, *, dark: bool = False, gold: bool = False) -> Plane:
    """Colour a tube by the place across it, -1 to 1, lit from its left."""
    low, middle, high = STEEL_DARK, STEEL, STEEL_LIGHT
    if dark:
        low, middle, high = (16, 12, 15), (52, 44, 50), (176, 160, 164)
    if gold:
        low, middle, high = GOLD_DARK, GOLD, GOLD_LIGHT
    return ramp(
        across, [(-1, low), (-0.75, middle), (-0.35, high), (0.1, middle), (0.8, low), (1, middle)]
    )
