"""The drum kit: each drum is one sound, made from sines and noise.

The noise comes from fixed seeds, so a kit always sounds the same.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from .sound import RATE_HZ, Samples, decay, envelope, filtered_noise, time_axis

TAU = 2 * np.pi


def _kick() -> Samples:
    length_s = 0.34
    frequency_hz = 46 + 95 * np.exp(time_axis(length_s) / -0.035)
    body = np.sin(TAU * np.cumsum(frequency_hz.astype(np.float64)) / RATE_HZ)
    click = filtered_noise(1, length_s, 1500, 5000) * decay(length_s, 0.004) * np.float32(0.12)
    shape = envelope(length_s, 0.002, 0.08)
    return ((body * decay(length_s, 0.11) + click) * shape).astype(np.float32)


def _snare() -> Samples:
    length_s = 0.3
    wires = filtered_noise(2, length_s, 1400, 8500) * decay(length_s, 0.075) * np.float32(0.3)
    drum = np.sin(np.float32(TAU * 192) * time_axis(length_s)) * decay(length_s, 0.05)
    return np.asarray((wires + np.float32(0.5) * drum) * envelope(length_s, 0.001, 0.1))


def _clap() -> Samples:
    length_s = 0.28
    hands = np.zeros_like(time_axis(length_s))
    for late_s, loudness in ((0.0, 0.6), (0.011, 0.7), (0.023, 1.0)):
        since_s = time_axis(length_s) - np.float32(late_s)
        hands += np.where(since_s >= 0, loudness * np.exp(-since_s.clip(0) / 0.045), 0)
    noise = filtered_noise(3, length_s, 900, 5500)
    return np.asarray(noise * hands * envelope(length_s, 0.001, 0.1) * np.float32(0.2))


def _rim() -> Samples:
    length_s = 0.12
    time_s = time_axis(length_s)
    wood = np.sin(np.float32(TAU * 820) * time_s) + 0.6 * np.sin(np.float32(TAU * 1710) * time_s)
    knock = filtered_noise(4, length_s, 1200, 6000) * np.float32(0.25)
    return np.asarray(
        (wood + knock) * decay(length_s, 0.014) * envelope(length_s, 0.001, 0.03) * np.float32(0.45)
    ).astype(np.float32)


def _hat() -> Samples:
    length_s = 0.09
    noise = filtered_noise(5, length_s, 7500, 14_000)
    return noise * decay(length_s, 0.022) * envelope(length_s, 0.001, 0.03) * np.float32(0.16)


def _open_hat() -> Samples:
    length_s = 0.32
    noise = filtered_noise(6, length_s, 6800, 13_000)
    return noise * decay(length_s, 0.1) * envelope(length_s, 0.002, 0.1) * np.float32(0.15)


_DRUMS: dict[str, tuple[Callable[[], Samples], float]] = {
    "kick": (_kick, 0.0),
    "snare": (_snare, 0.05),
    "clap": (_clap, -0.08),
    "rim": (_rim, 0.2),
    "hat": (_hat, 0.3),
    "open_hat": (_open_hat, -0.3),
}
"""How each drum is made, and where it stands from left (-1) to right (1)."""


@cache
def build_kit() -> dict[str, Samples]:
    """Every drum by its name, in stereo."""
    return {name: place(make()[np.newaxis], side) for name, (make, side) in _DRUMS.items()}


def place(sound: Samples, side: float) -> Samples:
    """Set a sound between left (-1) and right (1) at constant power."""
    angle = (side + 1) * np.pi / 4
    gains = np.array([[np.cos(angle)], [np.sin(angle)]], dtype=np.float32) * np.float32(np.sqrt(2))
    return sound * gains
