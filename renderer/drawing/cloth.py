"""The wine-red satin under the player, and the rose petals on it."""

from collections.abc import Mapping

import numpy as np

from renderer.drawing.brush import OVERSIZE, WINE, Picture, Plane, fill, ramp, turn

# Per petal: its centre on the canvas, its length, and the direction of its tip.
PETALS: Mapping[str, tuple[tuple[float, float, float, float], ...]] = {
    "square": (),
    "tall": (
        (196, -28, 74, 200),
        (300, 8, 50, 20),
        (884, -40, 58, 330),
        (812, 1092, 84, 24),
        (918, 1130, 60, 292),
        (706, 1140, 50, 140),
        (140, 1098, 52, 70),
        (968, 1014, 66, 215),
    ),
    "wide": (
        (-250, 190, 78, 205),
        (-150, 240, 52, 24),
        (-330, 820, 84, 140),
        (-236, 872, 60, 68),
        (1290, 852, 92, 24),
        (1384, 900, 66, 292),
        (1200, 916, 56, 140),
        (1330, 170, 62, 200),
    ),
}
CARD_PETALS = (
    (1668, 880, 92, 24),
    (1752, 930, 66, 292),
    (1572, 942, 56, 140),
    (1745, 150, 62, 200),
)


def measure_from_lamp(picture: Picture) -> Plane:
    """Distance to the spot under the lamp, upper left."""
    return np.hypot(picture.x - 250, picture.y - 150)


def lay_cloth(picture: Picture, reach: float = 1300) -> None:
    """Draw smooth cloth, brightest under the lamp, whose light reaches `reach`."""
    stops = [(0.0, (120, 28, 54)), (7 / 13 * reach, WINE), (reach, (26, 5, 14))]
    picture.lay(ramp(measure_from_lamp(picture), stops), 1.0)


def lay_folds(picture: Picture) -> None:
    """Draw soft folds: lit where they face the lamp, dark where they turn away."""
    across, along = turn(picture.x, picture.y, 58)
    slope = np.zeros_like(across)
    for length, sway, depth, phase in (
        (620, 90, 1.0, 0.4),
        (370, 60, 0.7, 2.1),
        (233, 45, 0.45, 4.0),
        (151, 24, 0.22, 1.3),
    ):
        bent = across + sway * np.sin(along / (1.9 * length) + phase * 2.7)
        strength = 0.65 + 0.35 * np.sin(along / (1.3 * length) - phase)
        slope += depth * strength * np.cos(bent / length * 2 * np.pi + phase)
    from_lamp = measure_from_lamp(picture)
    light = np.interp(from_lamp, [0, 600, 1800], [1.0, 0.85, 0.6])
    picture.lay((14, 2, 8), np.clip(-slope, 0, 2) ** 1.2 * 0.34)
    picture.lay((176, 46, 78), np.clip(slope, 0, 2) ** 1.8 * 0.2 * light)


def lay_petal(picture: Picture, x: float, y: float, length: float, degrees: float) -> None:
    """Draw a rose petal with its shadow: cupped, with a pale lip that curls over."""
    part = picture.crop(x - length, y - length, x + length, y + length)
    along, aside = turn((part.x - x) / length * 2, (part.y - y) / length * 2, degrees)
    aside = aside + 0.22 * np.sin(length) * (along**2 - 0.4)
    notched = along + 0.12 * np.exp(-((aside / 0.18) ** 2)) + 0.04 * np.cos(6 * aside + length)
    grown = np.clip((1 + notched) / 2, 0, 1)  # 0 at the foot, 1 at the lip
    width = 1.1 * grown**0.62 * np.sqrt(1 - grown**4)
    outside = np.where(notched > 1, notched - 1 + np.abs(aside), np.abs(aside) - width)
    steep = np.hypot(*np.gradient(outside))
    shape = fill(outside / np.maximum(steep, 1e-6) / OVERSIZE)
    part.shade(shape, (4, 6), 5, 0.65)

    part.lay(ramp(grown, [(0, (104, 8, 34)), (0.5, (172, 24, 58)), (1, (212, 66, 92))]), shape)
    lamp = np.deg2rad(-122 - degrees)
    cup = along * np.cos(lamp) + aside * np.sin(lamp)  # a bowl is bright away from the lamp
    part.lay((64, 2, 22), shape * np.clip(cup, 0, 1) * 0.7)
    part.lay((255, 170, 172), shape * np.clip(-cup - 0.1, 0, 1) ** 1.3 * 0.6)
    fan = np.arctan2(aside, 1.25 + along)
    veins = np.cos(38 * fan) * np.clip(1 - grown, 0, 0.7)
    part.lay((96, 4, 34), shape * np.clip(veins, 0, 1) * 0.35)
    inward = np.clip(-outside / 0.2, 0, 1) + np.clip(0.75 - grown, 0, 1) * 3
    curl = np.clip(1 - inward, 0, 1)
    part.lay((255, 186, 184), shape * curl * 0.75)
    part.lay((90, 4, 30), shape * np.exp(-(((inward - 1.25) / 0.3) ** 2)) * 0.35)
