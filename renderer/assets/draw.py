"""Draw the record player: `python renderer/assets/draw.py [FOLDER]` writes its three pictures.

Background and needle are 1080x1080, the record 736x736; all are drawn larger with exact edges,
lit by one lamp at the upper left, and scaled down. The same numbers give the same pictures.
"""

import sys
from copy import copy
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.floating[Any]]
Colour = tuple[float, float, float]  # red, green, blue in 0-255

OVERSIZE = 2  # drawn pixels per pixel of the picture, on each axis
CANVAS, RECORD = 1080, 736
SPINDLE = CANVAS / 2
VINYL_RADIUS = RECORD / 2
PHOTO_RADIUS, LABEL_RADIUS = 180.0, 214.0
GROOVES = (236.0, 356.0)
SHELL_DEGREES = 34.0  # the headshell leans towards the spindle by this
TRACK_GAPS = (262.0, 289.0, 318.0, 341.0)

WINE, ROSE, BLUSH = (58, 12, 30), (196, 104, 108), (250, 214, 196)
GOLD_DARK, GOLD, GOLD_LIGHT = (120, 82, 52), (212, 172, 122), (255, 238, 208)
PAPER, RASPBERRY = (248, 236, 220), (168, 34, 68)
STEEL_DARK, STEEL, STEEL_LIGHT = (72, 66, 70), (186, 178, 178), (255, 252, 246)
INK = (12, 9, 11)


class Picture:
    """A square picture under the brush: premultiplied RGB and coverage, in canvas coordinates."""

    def __init__(self, size: int) -> None:
        side = size * OVERSIZE
        self.size = size
        self.rgb = np.zeros((side, side, 3), np.float32)
        self.alpha = np.zeros((side, side), np.float32)
        axis = ((np.arange(side) + 0.5) / OVERSIZE).astype(np.float32)
        self.x, self.y = np.meshgrid(axis, axis)

    def crop(self, left: int, top: int, right: int, bottom: int) -> "Picture":
        """Return the part that is painted on in place, which is quicker for small things."""
        rows = slice(top * OVERSIZE, bottom * OVERSIZE)
        columns = slice(left * OVERSIZE, right * OVERSIZE)
        part = copy(self)
        part.rgb, part.alpha = self.rgb[rows, columns], self.alpha[rows, columns]
        part.x, part.y = self.x[rows, columns], self.y[rows, columns]
        return part

    def lay(self, colour: Colour | Plane, coverage: Plane | float) -> None:
        """Lay a colour, one or one for each pixel, over what is there."""
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
        """Lay the shadow that a shape of this coverage throws when lit from the upper left."""
        moved = np.array([[1, 0, shift[0] * OVERSIZE], [0, 1, shift[1] * OVERSIZE]], np.float32)
        shadow = cv2.warpAffine(coverage, moved, coverage.shape[::-1])
        self.lay(
            INK, np.asarray(cv2.GaussianBlur(shadow, (0, 0), blur * OVERSIZE), np.float32) * dark
        )

    def save(self, path: Path, *, has_alpha: bool) -> None:
        """Scale down and write as PNG, with straight alpha."""
        layers = cv2.merge([*cv2.split(self.rgb)[::-1], self.alpha * 255])
        small = np.asarray(
            cv2.resize(layers, (self.size, self.size), interpolation=cv2.INTER_AREA), np.float32
        )
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


def ramp(value: Plane, stops: list[tuple[float, Colour]]) -> Plane:
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


def draw_background() -> Picture:
    """A blush lacquered player on wine-red cloth, its platter waiting for the record."""
    picture = Picture(CANVAS)
    x, y = picture.x, picture.y
    from_lamp = np.hypot(x - 250, y - 150)
    picture.lay(ramp(from_lamp, [(0, (120, 28, 54)), (700, WINE), (1300, (26, 5, 14))]), 1.0)

    body = box(x - SPINDLE, y - SPINDLE, (500, 500), 74)
    picture.shade(fill(body), (12, 18), 16, 0.75)
    lacquer = ramp(
        from_lamp,
        [(0, (255, 229, 210)), (420, BLUSH), (900, (218, 140, 132)), (1250, (160, 78, 88))],
    )
    picture.lay(lacquer, fill(body))
    lit_edge = np.clip((SPINDLE - x + SPINDLE - y) / 700, -1, 1)
    picture.lay((255, 246, 236), ring(body, -3.5, -0.5) * np.maximum(lit_edge, 0) * 0.9)
    picture.lay((96, 30, 46), ring(body, -4.0, 0.0) * np.maximum(-lit_edge, 0) * 0.6)

    dx, dy = x - SPINDLE, y - SPINDLE
    radius, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    rim = 404.0
    picture.shade(fill(radius - rim), (14, 20), 18, 0.55)
    picture.lay(brushed(angle, [(0, GOLD_DARK), (0.5, GOLD), (1, GOLD_LIGHT)]), fill(radius - rim))
    picture.lay((92, 58, 40), ring(radius, rim - 5, rim - 3.6) * 0.7)
    draw_strobe_dots(picture, radius, angle)
    picture.lay((52, 26, 30), fill(radius - 380))
    picture.shade(fill(radius - VINYL_RADIUS), (5, 8), 5, 0.8)
    picture.lay((30, 14, 18), fill(radius - 360))

    draw_button(picture.crop(70, 890, 200, 1020), 132, 948)
    return picture


def draw_strobe_dots(picture: Picture, radius: Plane, angle: Plane) -> None:
    """Set the dots around the platter's rim, each with a glint."""
    dots = 120
    around = (angle / (2 * np.pi) * dots) % 1 - 0.5
    spot = np.hypot(around * 2 * np.pi * 391 / dots, (radius - 391) * 1.0) - 4.2
    picture.lay((74, 40, 34), fill(spot) * 0.85)
    glint = np.hypot(around * 2 * np.pi * 391 / dots - 1.2, radius - 390) - 1.4
    picture.lay(GOLD_LIGHT, fill(glint) * 0.7)


def draw_button(picture: Picture, x: float, y: float) -> None:
    """The start button, with a heart that glows: the player's only ornament."""
    dx, dy = picture.x - x, picture.y - y
    radius, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    picture.shade(fill(radius - 40), (6, 9), 7, 0.5)
    picture.lay(brushed(angle, [(0, GOLD_DARK), (0.5, GOLD), (1, GOLD_LIGHT)]), fill(radius - 40))
    face = np.clip((dx + dy) / 76 + 0.5, 0, 1)
    picture.lay(ramp(face, [(0, (255, 240, 226)), (1, (222, 158, 146))]), fill(radius - 35))
    picture.lay(RASPBERRY, np.exp(-((radius / 21) ** 2)).astype(np.float32) * 0.28)
    picture.lay((196, 38, 74), fill(heart(dx, dy, 30)))
    picture.lay((255, 150, 150), np.exp(-(((dx + 5) / 5) ** 2) - ((dy + 6) / 4) ** 2) * 0.55)


def draw_record() -> Picture:
    """Vinyl with grooves and a paper label; the pet's photo comes on top, the light later."""
    picture = Picture(RECORD)
    dx, dy = picture.x - VINYL_RADIUS, picture.y - VINYL_RADIUS
    radius, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    # The picture is filled to its corners so that the edge never mixes with black.
    picture.lay(vinyl_colour(radius, angle), 1.0)
    picture.lay((6, 4, 5), ring(radius, LABEL_RADIUS, LABEL_RADIUS + 1.5))
    picture.lay(PAPER, fill(radius - LABEL_RADIUS))
    draw_label(picture, radius, angle)
    picture.alpha = fill(radius - VINYL_RADIUS + 0.5)
    picture.rgb *= picture.alpha[..., None]
    return picture


def vinyl_colour(radius: Plane, angle: Plane) -> Plane:
    """Grooves as rings of light and dark, louder and quieter along the way, pressed off-centre."""
    random = np.random.default_rng(14_02_2026)
    fine = np.convolve(random.normal(size=4 * RECORD), [0.25, 0.5, 0.25], "same")
    pitch = np.arange(4 * RECORD) / 8
    wobbling = radius + 0.7 * np.cos(angle - 1.0)
    groove = np.interp(wobbling, pitch, fine)
    loud = random.normal(size=(14, 30)).astype(np.float32)
    column = angle / (2 * np.pi) % 1 * loud.shape[1]
    row = radius / VINYL_RADIUS * loud.shape[0]
    passage = cv2.remap(loud, column, row, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)
    played = np.asarray((radius > GROOVES[0]) & (radius < GROOVES[1]), np.float32)
    for gap in TRACK_GAPS:
        played *= 1 - np.exp(-(((wobbling - gap) / 2.2) ** 2))
    level = 23 + played * (6 + 9.0 * groove + 1.6 * passage)
    level += 10 * np.exp(-(((radius - VINYL_RADIUS + 3.5) / 1.6) ** 2))
    return np.asarray(np.clip(level, 6, 80)[..., None] * (1.0, 0.93, 0.95), np.float32)


def draw_label(picture: Picture, radius: Plane, angle: Plane) -> None:
    """Print a line of text and hearts around the photo."""
    middle = (PHOTO_RADIUS + LABEL_RADIUS) / 2 + 0.5
    strip = print_strip(round(2 * np.pi * middle * 4), round((LABEL_RADIUS - PHOTO_RADIUS) * 4))
    clockwise = ((angle / (2 * np.pi)) + 0.25) % 1
    column = (clockwise * (strip.shape[1] - 1)).astype(np.float32)
    row = ((LABEL_RADIUS - radius) * 4).astype(np.float32)
    ink = cv2.remap(strip, column, row, cv2.INTER_AREA)
    picture.lay(RASPBERRY, ink * ring(radius, PHOTO_RADIUS, LABEL_RADIUS))
    picture.lay(RASPBERRY, ring(radius, LABEL_RADIUS - 4.2, LABEL_RADIUS - 2.6))
    picture.lay(GOLD, ring(radius, PHOTO_RADIUS - 6, PHOTO_RADIUS + 3.2))
    picture.lay(GOLD_DARK, ring(radius, PHOTO_RADIUS + 3.2, PHOTO_RADIUS + 4.0) * 0.6)


def print_strip(width: int, height: int) -> Plane:
    """The label's ring cut open: ink coverage, to be read from left to right."""
    strip = np.zeros((height, width), np.uint8)
    line, size = "A LOVE SONG FOR YOU", round(height * 0.50)
    font, spacing, repeats = cv2.FontFace("sans"), round(height * 0.16), 3
    sizes = [
        cv2.getTextSize((width, height), letter, (0, 0), font, size, 500)[2] for letter in line
    ]
    advance = [max(box, round(size * 0.28)) + spacing for box in sizes]
    column, row = np.meshgrid(np.arange(width), np.arange(height))
    ink = np.zeros((height, width), np.float32)
    for part in range(repeats):
        left = round(width * part / repeats + (width / repeats - sum(advance)) / 2)
        for letter, step in zip(line, advance, strict=True):
            cv2.putText(strip, letter, (left, round(height * 0.62)), 255, font, size, 500)
            left += step
        middle = width * part / repeats
        distance = (column - middle + width / 2) % width - width / 2
        ink = np.maximum(ink, fill(heart(distance, row - height * 0.45, height * 0.36) / OVERSIZE))
    return np.maximum(ink, strip.astype(np.float32) / 255)


def draw_needle() -> Picture:
    """The tonearm, from its bearing at the upper right to the headshell in the grooves."""
    whole = Picture(CANVAS)
    picture = whole.crop(730, 20, 1080, 840)
    x, y = picture.x, picture.y
    pivot_x, pivot_y = 956.0, 206.0
    tip_x, tip_y = 812.0, 742.0
    bearing = np.hypot(x - pivot_x, y - pivot_y)
    angle = np.arctan2(y - pivot_y, x - pivot_x)

    shell_x, shell_y = turn(x - tip_x, y - tip_y, SHELL_DEGREES)
    shell = box(shell_x, shell_y, (19, 44), 9)
    lift = box(shell_x - 28, shell_y - 24, (14, 2.8), 2.5)
    collar = box(shell_x, shell_y + 50, (9.5, 8), 2)

    # The tube is a graph over y, a parabola that meets the headshell in its own direction.
    along, steep = np.deg2rad(90 + SHELL_DEGREES), np.tan(np.deg2rad(SHELL_DEGREES))
    end_x, end_y = tip_x - 50 * np.cos(along), tip_y - 50 * np.sin(along)
    bend_length = 2 * (pivot_x - end_x) / steep
    bent = np.clip((y - end_y) / bend_length + 1, 0, 2)
    centre = pivot_x - (pivot_x - end_x) * bent**2
    across = (x - centre) / np.hypot(1, steep * bent)
    tube = np.maximum(np.abs(across) - 7, np.maximum(pivot_y - y, y - end_y))
    weight = box(x - pivot_x, y - 98, (30, 40), 10)
    stub = box(x - pivot_x, y - 158, (9, 40), 2)
    everything = np.minimum.reduce([tube, collar, shell, lift, weight, stub])

    picture.shade(fill(bearing - 70), (8, 12), 9, 0.5)
    picture.lay(
        brushed(angle, [(0, STEEL_DARK), (0.5, STEEL), (1, STEEL_LIGHT)]), fill(bearing - 70)
    )
    picture.lay((70, 40, 46), ring(bearing, 61.5, 63) * 0.7)
    picture.lay(
        brushed(angle + 0.5, [(0, GOLD_DARK), (0.5, GOLD), (1, GOLD_LIGHT)]), fill(bearing - 46)
    )
    picture.lay(INK, ring(bearing, 45, 46.5) * 0.5)

    picture.shade(fill(everything), (12, 18), 8, 0.55)
    picture.lay(shine((x - pivot_x) / 9), fill(stub))
    picture.lay(shine((x - pivot_x) / 30, dark=True), fill(weight))
    for stripe in (-26.0, -18.0, 30.0):
        band = np.maximum(np.abs(y - 98 - stripe) - 2.2, weight)
        picture.lay(shine((x - pivot_x) / 30, gold=True), fill(band))
    picture.lay(shine(across / 7), fill(tube))

    picture.lay(brushed(angle, [(0, STEEL_DARK), (1, STEEL)]), fill(bearing - 25))
    picture.lay(brushed(angle + 1.2, [(0, STEEL), (1, STEEL_LIGHT)]), fill(bearing - 20))
    picture.lay(INK, fill(bearing - 4.5) * 0.8)

    picture.lay(shine((shell_y - 24) / 2.8), fill(lift))
    picture.lay(shine(shell_x / 19, dark=True), fill(shell))
    picture.lay(GOLD, fill(box(shell_x, shell_y - 18, (13, 1.2), 0.5)) * 0.9)
    picture.lay((226, 60, 92), fill(heart(*turn(shell_x, shell_y + 10, -SHELL_DEGREES), 15)))
    picture.lay(STEEL_LIGHT, fill(np.hypot(shell_x, shell_y - 30) - 2.6) * 0.8)
    picture.lay(shine(shell_x / 9.5, gold=True), fill(collar))
    return whole


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


def draw(folder: Path) -> None:
    """Write the three pictures into `folder`."""
    draw_background().save(folder / "1080x1080-bg.png", has_alpha=False)
    draw_record().save(folder / "736-x-736-record.png", has_alpha=True)
    draw_needle().save(folder / "needle.png", has_alpha=True)


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
