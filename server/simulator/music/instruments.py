"""The pitched instruments: each turns a pitch and a length into a sound.

Every instrument is a pure function of its arguments, so the composer may keep what it made.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .sound import (
    RATE_HZ,
    Samples,
    decay,
    envelope,
    fall_off,
    filtered_noise,
    frequency_of,
    oscillate,
    steady_phase,
    time_axis,
)

Instrument = Callable[[int, float], Samples]

TAU = 2 * np.pi

_FORMANTS_HZ: dict[str, tuple[tuple[float, float], ...]] = {
    # Centre and strength of the resonances that make each vowel of a soft, high voice.
    "a": ((820, 1.0), (1250, 0.6), (2700, 0.2)),
    "e": ((520, 1.0), (1900, 0.4), (2700, 0.2)),
    "i": ((360, 1.0), (2300, 0.3), (3000, 0.18)),
    "o": ((500, 1.0), (900, 0.65), (2600, 0.1)),
    "u": ((380, 1.0), (780, 0.4), (2500, 0.06)),
    "m": ((260, 1.0), (1000, 0.08), (2400, 0.02)),
}


def electric_piano(pitch: int, length_s: float) -> Samples:
    """A tine struck softly: two sines, one bending the other, and a short bright ping."""
    frequency_hz = frequency_of(pitch)
    rings_s = length_s + 0.35
    phase = (steady_phase(frequency_hz, rings_s) % 1.0).astype(np.float32) * np.float32(TAU)
    bend = np.float32(1.1) * decay(rings_s, 0.45) + np.float32(0.25)
    tone = np.sin(phase + bend * np.sin(phase))
    ping = np.sin(phase * 7) * decay(rings_s, 0.05) * np.float32(0.1)
    shape = envelope(rings_s, 0.004, 0.3) * decay(rings_s, 1.3)
    return np.asarray((tone + ping) * shape)[np.newaxis]


def _struck(
    pitch: int, length_s: float, *, bright: float, rings_s: float, fades_s: float
) -> Samples:
    """A string or bar: a bright wave that dies quickly over a dark one that lingers."""
    frequency_hz = frequency_of(pitch)
    phase = steady_phase(frequency_hz, length_s + fades_s)
    lasts_s = rings_s * (261.6 / frequency_hz) ** 0.4
    edge = oscillate(phase, fall_off(20, 0.95, frequency_hz)) * decay(
        length_s + fades_s, lasts_s * 0.18
    )
    body = oscillate(phase, fall_off(5, 2.2, frequency_hz)) * decay(length_s + fades_s, lasts_s)
    shape = envelope(length_s + fades_s, 0.003, fades_s)
    return ((np.float32(bright) * edge + body) * shape)[np.newaxis]


def piano(pitch: int, length_s: float) -> Samples:
    """A soft upright piano."""
    return _struck(pitch, length_s, bright=0.45, rings_s=1.4, fades_s=0.25)


def harp(pitch: int, length_s: float) -> Samples:
    """A nylon string that rings on."""
    return _struck(pitch, length_s, bright=0.6, rings_s=0.8, fades_s=0.7)


def bell(pitch: int, length_s: float) -> Samples:
    """A small music box."""
    frequency_hz = frequency_of(pitch)
    rings_s = length_s + 0.8
    phase = (steady_phase(frequency_hz, rings_s) % 1.0).astype(np.float32) * np.float32(TAU)
    tone = np.sin(phase) * decay(rings_s, 0.7)
    # Whole multiples only: the phase wraps each cycle.
    tone += np.float32(0.35) * np.sin(phase * 4) * decay(rings_s, 0.18)
    tone += np.float32(0.12) * np.sin(phase * 9) * decay(rings_s, 0.05)
    return np.asarray(tone * envelope(rings_s, 0.003, 0.4))[np.newaxis]


def flute(pitch: int, length_s: float) -> Samples:
    """A breathy flute with a late vibrato."""
    lasts_s = length_s + 0.12
    frequency_hz = frequency_of(pitch)
    phase = _sung_phase(frequency_hz, lasts_s, detune_cents=0.0, depth_cents=14)
    tone = oscillate(phase, (1.0, 0.32, 0.16, 0.05))
    breath = filtered_noise(pitch, lasts_s, frequency_hz, 3 * frequency_hz) * np.float32(0.02)
    return ((tone + breath) * envelope(lasts_s, 0.06, 0.12))[np.newaxis]


def bass(pitch: int, length_s: float) -> Samples:
    """A round finger bass."""
    frequency_hz = frequency_of(pitch)
    phase = steady_phase(frequency_hz, length_s + 0.06)
    lasts_s = length_s + 0.06
    edge = oscillate(phase, fall_off(12, 1.3, frequency_hz)) * decay(lasts_s, 0.12)
    body = oscillate(phase, (1.0, 0.42, 0.16, 0.05)) * decay(lasts_s, 1.6)
    tone = np.tanh(np.float32(1.3) * (body + np.float32(0.35) * edge))
    return np.asarray(tone * envelope(lasts_s, 0.006, 0.06))[np.newaxis]


def pad(pitch: int, length_s: float) -> Samples:
    """Soft strings: two slightly different tones on either side."""
    lasts_s = length_s + 0.6
    frequency_hz = frequency_of(pitch)
    harmonics = fall_off(14, 1.35, frequency_hz)
    shape = envelope(lasts_s, min(0.5, length_s / 2), 0.7)
    sides = [
        oscillate(steady_phase(frequency_hz * (1 + cents / 1731), lasts_s), harmonics)
        + oscillate(steady_phase(frequency_hz * (1 - 0.6 * cents / 1731), lasts_s), harmonics)
        for cents in (5.0, -6.0)
    ]
    return np.asarray(np.stack(sides) * (shape * np.float32(0.5)))


def voice(pitch: int, length_s: float, vowel: str) -> Samples:
    """A small choir that hums into a vowel (one of `a e i o u`)."""
    lasts_s = length_s + 0.1
    frequency_hz = frequency_of(pitch)
    hum, sung = _vowel_harmonics("m", frequency_hz), _vowel_harmonics(vowel, frequency_hz)
    opening = np.clip((time_axis(lasts_s) - np.float32(0.03)) / np.float32(0.09), 0, 1)
    shape = envelope(lasts_s, 0.04, 0.12)

    def sing(detune_cents: float) -> Samples:
        phase = _sung_phase(frequency_hz, lasts_s, detune_cents, depth_cents=22)
        mouth = oscillate(phase, hum) * (np.float32(0.7) * (1 - opening))
        return np.asarray(mouth + oscillate(phase, sung) * opening)

    middle = sing(0.0)
    sides = np.stack([middle + sing(7.0), middle + sing(-8.0)])
    return np.asarray(sides * (shape * np.float32(0.5)))


def _vowel_harmonics(vowel: str, frequency_hz: float) -> tuple[float, ...]:
    count = max(1, min(40, int(9000 / frequency_hz)))
    partial_hz = frequency_hz * np.arange(1, count + 1)
    mouth = np.full(count, 0.03)
    for centre_hz, strength in _FORMANTS_HZ[vowel]:
        width_hz = 90 + 0.09 * centre_hz
        mouth += strength / (1 + ((partial_hz - centre_hz) / width_hz) ** 2)
    # The fundamental keeps its place, or high notes would change loudness with the vowel.
    amplitudes = mouth / np.arange(1, count + 1) ** 0.65
    amplitudes[0] = max(amplitudes[0], 0.6 * amplitudes.max())
    return tuple(float(amplitude) for amplitude in amplitudes)


def _sung_phase(
    frequency_hz: float, length_s: float, detune_cents: float, depth_cents: float
) -> NDArray[np.float64]:
    """Phase in cycles of a tone that slides in from below and trembles once it is held."""
    time_s = time_axis(length_s)
    grown = np.clip((time_s - 0.22) / 0.35, 0, 1)
    cents = depth_cents * grown * np.sin(TAU * (5.2 + detune_cents / 40) * time_s)
    cents += detune_cents - 45 * np.exp(time_s / -0.03)
    return np.cumsum(frequency_hz * (1 + cents / 1731.2)) / RATE_HZ


INSTRUMENTS: dict[str, Instrument] = {
    "electric_piano": electric_piano,
    "piano": piano,
    "harp": harp,
    "bell": bell,
    "flute": flute,
    "bass": bass,
    "pad": pad,
}
