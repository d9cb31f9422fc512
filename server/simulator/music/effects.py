"""Room, echo, pumping and the master: effects on the mix, not on single notes.

The master never clips: its peak stays below `CEILING`, leaving headroom for MP3 encoding.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from .sound import RATE_HZ, Samples, count_samples, filtered_noise

CEILING = 0.84
TARGET_RMS = 0.15
"""About -16.5 dBFS: as loud as streamed music is played."""

AIR = 1.3
"""How much of the high tones is added once more, about 7 dB."""

REVERB_S = 1.8
BLOCK = 256


def reverberate(sent: Samples) -> Samples:
    """The room's answer to a mono signal, in stereo; as long as the signal."""
    impulse = _room()
    size = min(1 << 18, 1 << (sent.size + impulse.shape[1]).bit_length())
    hop = size - impulse.shape[1]
    spectrum = np.fft.rfft(impulse, size)
    wet = np.zeros((2, sent.size + size), dtype=np.float32)
    for start in range(0, sent.size, hop):
        block = np.fft.rfft(sent[start : start + hop], size)
        wet[:, start : start + size] += np.fft.irfft(block * spectrum, size)
    return wet[:, : sent.size]


@cache
def _room() -> Samples:
    """Two decorrelated tails whose high tones die first, after a short silence."""
    time_s = np.arange(count_samples(REVERB_S), dtype=np.float32) / RATE_HZ
    bands = ((150, 700, 0.5, 1.0), (700, 2500, 0.4, 0.8), (2500, 7000, 0.22, 0.45))
    sides = []
    for side in range(2):
        tail = np.zeros_like(time_s)
        for number, (low_hz, high_hz, lasts_s, loudness) in enumerate(bands):
            noise = filtered_noise(100 + 10 * side + number, REVERB_S, low_hz, high_hz)
            tail += loudness * noise * np.exp(time_s / -lasts_s)
        tail *= np.minimum(1, time_s / 0.012) * np.minimum(1, (REVERB_S - time_s) / 0.2)
        silence = np.zeros(count_samples(0.018), dtype=np.float32)
        sides.append(np.concatenate([silence, tail / np.sqrt(np.sum(tail**2))]))
    return np.stack(sides).astype(np.float32)


def echo(sent: Samples, interval_s: float) -> Samples:
    """Three repeats that fall from side to side, in stereo."""
    wet = np.zeros((2, sent.size), dtype=np.float32)
    for repeat, loudness in ((1, 0.5), (2, 0.28), (3, 0.14)):
        late = count_samples(repeat * interval_s)
        if late < sent.size:
            wet[repeat % 2, late:] += np.float32(loudness) * sent[: sent.size - late]
    return wet


def pumping(count: int, starts_s: list[float], depth: float) -> Samples:
    """The gain that ducks under each stroke of the kick drum and swells back."""
    gain = np.ones(count, dtype=np.float32)
    length = count_samples(0.28)
    swell = np.linspace(0, 1, length, dtype=np.float32)
    attack = count_samples(0.008)
    dip = 1 - np.float32(depth) * (1 - swell) ** 2
    dip[:attack] = 1 - (1 - dip[:attack]) * np.linspace(0, 1, attack, dtype=np.float32)
    for start_s in starts_s:
        start = count_samples(start_s)
        part = gain[start : start + length]
        np.minimum(part, dip[: part.size], out=part)
    return gain


def master(mix: Samples) -> Samples:
    """Bring the mix to its loudness, centred on zero, with its peaks below the ceiling."""
    _brighten(mix)
    mix -= mix.mean(axis=1, keepdims=True)
    mix *= np.float32(TARGET_RMS / (_loud_rms(mix) + 1e-9))
    return mix * _limiting_gain(mix)


def _brighten(mix: Samples) -> None:
    """Raise what a short moving average leaves out: a soft shelf above 2 kHz, in place."""
    reach = 5
    padded = np.pad(mix, ((0, 0), (reach, reach)))
    count = mix.shape[1]
    average = sum(padded[:, start : start + count] for start in range(2 * reach + 1))
    mix += np.float32(AIR) * (mix - average / np.float32(2 * reach + 1))


def _loud_rms(mix: Samples) -> float:
    """Root mean square of the louder half, so that a quiet intro does not count."""
    whole = mix.shape[1] // BLOCK * BLOCK
    if not whole:
        return float(np.sqrt(np.mean(mix**2)))
    power = (mix[:, :whole] ** 2).mean(axis=0).reshape(-1, BLOCK).mean(axis=1)
    return float(np.sqrt(power[power >= np.median(power)].mean()))


def _limiting_gain(mix: Samples) -> Samples:
    """A slow gain that has fallen before each peak comes."""
    count = mix.shape[1]
    blocks = -(-count // BLOCK)
    padded = np.zeros(blocks * BLOCK, dtype=np.float32)
    padded[:count] = np.abs(mix).max(axis=0)
    peaks = padded.reshape(blocks, BLOCK).max(axis=1)
    needed = np.minimum(1, CEILING / np.maximum(peaks, 1e-9))
    reach = 9
    window = np.lib.stride_tricks.sliding_window_view(
        np.pad(needed, reach, mode="edge"), 2 * reach + 1
    )
    kernel = np.hanning(2 * reach - 1)
    lowest = np.pad(window.min(axis=1), reach - 1, mode="edge")
    smooth = np.convolve(lowest, kernel / kernel.sum(), mode="valid")
    centres = (np.arange(blocks) + 0.5) * BLOCK
    return np.interp(np.arange(count), centres, smooth).astype(np.float32)


def fade_out(mix: Samples, length_s: float) -> None:
    """Let the end die away, in place."""
    count = min(mix.shape[1], count_samples(length_s))
    curve = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, count + 1) / count)
    mix[:, mix.shape[1] - count :] *= curve.astype(np.float32)
