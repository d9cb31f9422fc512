"""Frozen inputs: the same pixels and the same sound on every machine, or an error."""

import base64
import hashlib
import io
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIZE_PX: Final = 600
PIXELS_SHA256: Final = "6f9313d9cada640dc69cdef686f1408478f1e5c605957c72cde4d5490e1ac094"
SAMPLE_RATE: Final = 44_100
SOUND_SHA256: Final[Mapping[int, str]] = {
    6: "48e2761ed752cf55d9d4af15063323377f141c07655eeab51cc2d7edb5e495c9",
    12: "ad18027b75621172f0eef07250e01255d6da6205779e2f0a95c1239202328616",
    60: "a930661cc3ffd0b40e5ac32d89d78f5981ab1f8fe729a82b0653ab450250beb3",
    150: "7b347fd5d2040838204476bb9f1cf2230d6771de6be90f6164342ca0a1b240eb",
    300: "1da0f87ff2e5bc4aa97a1faffb60953794516bbb838ed0070997b9fdc88d101d",
}
# Am, F, C, G as periods in samples: whole numbers, so that rounding is the same on every machine.
CHORDS: Final = ((200, 168, 134), (253, 200, 168), (169, 134, 112), (225, 179, 150))


def photo(quality: int = 90) -> bytes:
    """A 600x600 JPEG with at least the detail of a real photo: 171 kB, or 111 kB at quality 80.

    Raises RuntimeError if this machine's libraries draw other pixels than those of the published
    results.
    """
    noise = np.random.default_rng(14_02_2026)
    layers = [
        cv2.resize(
            noise.integers(0, 256, (cells, cells, 3), dtype=np.uint8),
            (SIZE_PX, SIZE_PX),
            interpolation=cv2.INTER_NEAREST,
        ).astype(np.uint16)
        for cells in (4, 12, 60, 200)
    ]
    pixels = (sum(layers[1:], layers[0]) // len(layers)).astype(np.uint8)
    if hashlib.sha256(pixels.tobytes()).hexdigest() != PIXELS_SHA256:
        raise RuntimeError("the photo has other pixels here; results would not be comparable")
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "JPEG", quality=quality)
    return content.getvalue()


def usual_form(quality: int = 90) -> dict[str, str]:
    """The form of a new browser, with `photo`."""
    return {
        "pet_name": "Toby",
        "pet_type": "Dog",
        "photo": base64.b64encode(photo(quality)).decode(),
        "music_vibe": "Romantic",
        "owner_name": "Matt",
    }


def write_song(path: Path, duration_s: int) -> Path:
    """Write an MP3 (stereo, 192 kbit/s) of `duration_s`, one of the keys of `SOUND_SHA256`.

    Raises RuntimeError if this machine makes other sound than that of the published results; the
    MP3 itself may differ with the encoder.
    """
    sound = _play(duration_s)
    if hashlib.sha256(sound.tobytes()).hexdigest() != SOUND_SHA256[duration_s]:
        raise RuntimeError("the song sounds different here; results would not be comparable")
    with av.open(str(path), "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=SAMPLE_RATE)
        stream.layout, stream.bit_rate = "stereo", 192_000
        for start in range(0, len(sound), SAMPLE_RATE):
            block = np.ascontiguousarray(sound[start : start + SAMPLE_RATE].reshape(1, -1))
            frame = av.AudioFrame.from_ndarray(block, "s16", "stereo")
            frame.sample_rate, frame.time_base = SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
            frame.pts = start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _play(duration_s: int) -> NDArray[np.int16]:
    """(samples, 2) of broken chords, each tone fading, over a drum of noise."""
    noise = np.random.default_rng(14_02_2026)
    seconds = []
    for second in range(duration_s):
        at = np.arange(SAMPLE_RATE) + second * SAMPLE_RATE
        beat = at % (SAMPLE_RATE // 2)
        fading = SAMPLE_RATE // 2 - beat
        tones = [_swing(at, period) for period in CHORDS[second // 2 % len(CHORDS)]]
        drum = noise.integers(-9_000, 9_000, SAMPLE_RATE) * np.maximum(0, 4_000 - beat) // 4_000
        left = (2 * tones[0] + tones[1]) * fading // (6 * SAMPLE_RATE // 2) + drum
        right = (2 * tones[2] + tones[1]) * fading // (6 * SAMPLE_RATE // 2) + drum
        seconds.append(np.stack([left, right], axis=1).astype("<i2"))
    return np.concatenate(seconds)


def _swing(at: NDArray[np.int64], period: int) -> NDArray[np.int64]:
    """A wave of parabolas, -32768 to 32767, close to a sine and exact in integers."""
    phase = at % period * 65_536 // period - 32_768
    return np.asarray(phase * (32_768 - np.abs(phase)) // 8_193, np.int64)
