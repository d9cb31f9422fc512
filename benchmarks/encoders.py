"""Compares encoders: the same frames of one rotation through each encoder that works here.

It runs in this process, so that only the encoder is timed.
"""

import io
import os
import sys
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Final

import av
import cv2
import numpy as np

from benchmarks.inputs import photo
from benchmarks.measurement import Options, Series, collect
from benchmarks.quality import compute_ssim
from renderer import FORMATS, RenderSpec
from renderer.colour import Bytes
from renderer.encoders import ENCODERS, encode_loop_frames
from renderer.loop_frames import compose_loop
from renderer.probe import probe

KILOBYTE: Final = 1e3
UNITS: Final[Mapping[str, str]] = {"CPU": "CPU s", "loop": "kB", "SSIM": "1"}


async def measure(options: Options) -> list[Series]:
    """Encode the rotation of the square, and unless quick those of the larger formats."""
    series: list[Series] = []
    for name in ("square",) if options.is_quick else FORMATS:
        spec = FORMATS[name]
        frames = list(compose_loop(_read_photo(spec), spec))
        for encoder in ENCODERS:
            if reason := probe(encoder):
                print(f"{encoder} is skipped: {reason}", file=sys.stderr)
                continue
            _encode(frames, encoder, spec)
            repeats = [_encode(frames, encoder, spec) for _ in range(options.repeats)]
            series += collect(repeats, f"{name}, {encoder}", UNITS)
    return series


def _encode(frames: Sequence[Bytes], encoder: str, spec: RenderSpec) -> dict[str, float]:
    start, before = perf_counter(), os.times()
    loop = encode_loop_frames(frames, encoder, spec)
    wall_s, after = perf_counter() - start, os.times()
    return {
        "encode": wall_s,
        "CPU": sum(after[:2]) - sum(before[:2]),
        "loop": len(loop) / KILOBYTE,
        "SSIM": _compare(frames, loop),
    }


def _compare(frames: Sequence[Bytes], loop: bytes) -> float:
    """The mean SSIM of the luma."""
    with av.open(io.BytesIO(loop), "r") as container:
        likeness = [
            compute_ssim(
                frame[: shown.height].astype(np.float32),
                shown.to_ndarray()[: shown.height].astype(np.float32),
            )
            for frame, shown in zip(frames, container.decode(video=0), strict=True)
        ]
    return float(np.mean(likeness))


def _read_photo(spec: RenderSpec) -> Bytes:
    picture = cv2.imdecode(np.frombuffer(photo(), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(cv2.resize(picture, (spec.pet_size_px,) * 2), np.uint8)
