"""Encodes samples as an MP3 file.

The file appears under its name only when it is complete and on disk.
"""

from __future__ import annotations

import os
from pathlib import Path

import av
import numpy as np

from .sound import RATE_HZ, Samples

FAST = {"compression_level": "7"}
"""LAME at two thirds of its usual time; the difference cannot be heard at 192 kbit/s."""


def write_mp3(path: Path, samples: Samples, *, bit_rate_kbps: int = 192) -> None:
    """Write stereo samples (float32, (2, n), 44.1 kHz) to `path`."""
    # The process id keeps a studio that outlived its parent from writing into the same file.
    partial = path.with_suffix(f".{os.getpid()}.part")
    try:
        with av.open(str(partial), "w", format="mp3") as container:
            stream = container.add_stream(
                "libmp3lame", rate=RATE_HZ, layout="stereo", format="fltp", options=FAST
            )
            stream.bit_rate = bit_rate_kbps * 1000
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples), format="fltp", layout="stereo"
            )
            frame.sample_rate = RATE_HZ
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
