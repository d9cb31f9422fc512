"""The lamp's light on the vinyl: it stays in place while the grooves turn below.

A groove acts as a ring of tiny mirrors, so a lamp appears as two opposite wedges of light. The
light is a gain (grooves glint as they pass) and a glow (the sheen on top), both covering the
record's square, with unit gain and zero glow outside the grooves.
"""

import numpy as np

from renderer.colour import Floats

LAMP_DEGREES = -122.0  # seen from the spindle, clockwise from three o'clock: upper left
LAMP_BGR = (196.0, 222.0, 255.0)
GROOVES_FROM, GROOVES_TO = 0.576, 0.985  # of the record's radius


def light_vinyl(size_px: int) -> tuple[Floats, Floats]:
    """Return gain (size, size) and glow (size, size, 3) in BGR levels for a record of this size."""
    axis = (np.arange(size_px, dtype=np.float32) + 0.5) / size_px * 2 - 1
    x, y = np.meshgrid(axis, axis)
    radius = np.hypot(x, y)
    angle = np.arctan2(y, x) - np.deg2rad(LAMP_DEGREES)

    near = _wedge(angle, 13.0) + 0.35 * _wedge(angle, 34.0)
    far = _wedge(angle - np.pi, 10.0) + 0.30 * _wedge(angle - np.pi, 30.0)
    side = 0.16 * (_wedge(angle - np.pi / 2, 15.0) + _wedge(angle + np.pi / 2, 15.0))
    wedges = near + 0.62 * far + side
    falloff = 0.62 + 0.38 * np.cos(angle) * radius
    on_grooves = _step(radius, GROOVES_FROM) * (1 - _step(radius, GROOVES_TO))
    strength = wedges * falloff * on_grooves

    gain = 1 + 2.2 * strength
    glow = 42.0 / 255 * strength[..., None] * np.array(LAMP_BGR)
    return gain.astype(np.float32), glow.astype(np.float32)


def _wedge(angle: Floats, half_width_degrees: float) -> Floats:
    """A soft wedge around angle 0, periodic and 1 at its ridge."""
    concentration = 1 / np.deg2rad(half_width_degrees) ** 2
    return np.asarray(np.exp(concentration * (np.cos(angle) - 1)), np.float32)


def _step(value: Floats, edge: float) -> Floats:
    """0 below `edge`, 1 above, with a soft shoulder of a hundredth."""
    ramp = np.clip((value - edge) / 0.01 + 0.5, 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), np.float32)
