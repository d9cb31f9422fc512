"""The few building blocks of every sound: time, oscillators, envelopes, filtered noise.

A sound is float32 at `RATE_HZ`, shaped (channels, samples), and begins and ends at zero, so it
never clicks wherever it is laid.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE_HZ = 44_100
TABLE_SIZE = 8192


def count_samples(length_s: float) -> int:
    """Number of samples that a length has."""
    return max(1, round(length_s * RATE_HZ))


def frequency_of(pitch: float) -> float:
    """Frequency of a MIDI number (69 is 440 Hz), in Hz."""
    return float(440.0 * 2 ** ((pitch - 69) / 12))


def time_axis(length_s: float) -> Samples:
    """The time of each sample, in seconds."""
    return (np.arange(count_samples(length_s)) / RATE_HZ).astype(np.float32)


def steady_phase(frequency_hz: float, length_s: float) -> NDArray[np.float64]:
    """Phase in cycles of a tone that keeps its pitch."""
    return np.arange(count_samples(length_s), dtype=np.float64) * (frequency_hz / RATE_HZ)


@lru_cache(maxsize=512)
def wave_table(harmonics: tuple[float, ...]) -> Samples:
    """One cycle that holds these harmonics (the fundamental first), at peak 1."""
    spectrum = np.zeros(TABLE_SIZE // 2 + 1, dtype=np.complex128)
    spectrum[1 : len(harmonics) + 1] = -1j * np.asarray(harmonics)
    table = np.fft.irfft(spectrum)
    return (table / max(1e-9, float(np.abs(table).max()))).astype(np.float32)


def oscillate(phase: NDArray[np.float64], harmonics: tuple[float, ...]) -> Samples:
    """Play a wave along a phase given in cycles."""
    index = (phase * TABLE_SIZE).astype(np.int64) & (TABLE_SIZE - 1)
    return np.take(wave_table(harmonics), index)


def fall_off(count: int, power: float, frequency_hz: float) -> tuple[float, ...]:
    """Amplitudes 1, 1/2^power, 1/3^power ... of the harmonics that stay well below Nyquist."""
    allowed = max(1, min(count, int(15_000 / frequency_hz)))
    return tuple(1.0 / (number**power) for number in range(1, allowed + 1))


def envelope(length_s: float, attack_s: float, release_s: float) -> Samples:
    """A rise and a fall shaped like half a cosine, 1 between them."""
    count = count_samples(length_s)
    shape: Samples = np.ones(count, dtype=np.float32)
    rise = min(count_samples(attack_s), count // 2)
    fall = min(count_samples(release_s), count - rise)
    shape[:rise] = 0.5 - 0.5 * np.cos(np.pi * np.arange(rise) / max(1, rise))
    shape[count - fall :] *= (0.5 + 0.5 * np.cos(np.pi * np.arange(1, fall + 1) / fall)).astype(
        np.float32
    )
    return shape


def decay(length_s: float, time_constant_s: float) -> Samples:
    """Exponential decay from 1."""
    return np.asarray(np.exp(time_axis(length_s) / np.float32(-time_constant_s)))


def filtered_noise(seed: int, length_s: float, low_hz: float, high_hz: float) -> Samples:
    """Noise between two frequencies with soft edges, at a root mean square of 1."""
    count = count_samples(length_s)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1 / RATE_HZ) + 1e-6
    band = 1 / (1 + (low_hz / frequency) ** 4) / (1 + (frequency / high_hz) ** 4)
    noise = np.fft.irfft(spectrum * band, count)
    loudness = float(np.sqrt(np.mean(noise**2)))
    return np.asarray(noise / (loudness + 1e-12), dtype=np.float32)
