"""Measures what the smaller file costs: similarity of encoded frames to the originals.

Each method is compared with its own frames, so neither is judged by the other's drawing. Nothing
here depends on time, so it is measured once, however many repeats are requested.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import spec_way
from benchmarks.here import MEGABYTE
from benchmarks.inputs import photo, write_song
from benchmarks.measurement import Options, Series
from benchmarks.render import HOW_TO_GET_FFMPEG
from renderer import LoopJob, RenderJob, RenderSpec, Video
from renderer.render import make_loop, render

Plane = NDArray[np.float32]
SONG_S: Final = 60
QUICK_SONG_S: Final = 6
LOSSLESS_CRF: Final = 0
# The window and the constants of Wang, Bovik, Sheikh and Simoncelli (2004).
WINDOW: Final = ((11, 11), 1.5)
STEADY: Final = ((0.01 * 255) ** 2, (0.03 * 255) ** 2)


async def measure(options: Options) -> list[Series]:
    """Render one song both ways; compare the luma of the second rotation, frame by frame."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        picture, out = folder / "photo.jpg", folder / "out.mp4"
        picture.write_bytes(photo())
        song = write_song(folder / "song.mp3", QUICK_SONG_S if options.is_quick else SONG_S)

        lossless = replace(RenderSpec(), crf=LOSSLESS_CRF)
        make_loop(LoopJob(picture, folder / "loop.mp4", encoder="libx264", spec=lossless))
        render(RenderJob(picture, song, (Video(out),), options.encoder))
        series = _describe("here", out, _decode(folder / "loop.mp4", 0))
        if shutil.which("ffmpeg") is None:
            print(HOW_TO_GET_FFMPEG, file=sys.stderr)
            return series
        spec_way.make_video(picture, song, out)
        return series + _describe(
            "spec's way", out, map(_take_luma, spec_way.compose_frames(picture))
        )


def _describe(case: str, video: Path, originals: Iterable[Plane]) -> list[Series]:
    pairs = zip(originals, _decode(video, spec_way.FRAMES), strict=True)
    likeness = float(np.mean([compute_ssim(first, second) for first, second in pairs]))
    return [
        Series("SSIM", [likeness], "1", case),
        Series("file", [video.stat().st_size / MEGABYTE], "MB", case),
    ]


def _decode(video: Path, start: int) -> Iterator[Plane]:
    """Yield the luma of one rotation, starting with frame `start`."""
    with av.open(str(video)) as container:
        for frame in islice(container.decode(video=0), start, start + spec_way.FRAMES):
            yield frame.to_ndarray()[: frame.height].astype(np.float32)


def _take_luma(rgb: bytes) -> Plane:
    """Convert like the spec's ffmpeg, with the same scaler."""
    pixels = np.frombuffer(rgb, np.uint8).reshape(spec_way.SIZE_PX, spec_way.SIZE_PX, 3)
    frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format="yuv420p")
    return frame.to_ndarray()[: frame.height].astype(np.float32)


def compute_ssim(first: Plane, second: Plane) -> float:
    """The mean structural similarity of two luma planes, 1 if they are identical."""
    mean_first, mean_second = _blur(first), _blur(second)
    variance_first = _blur(first * first) - mean_first**2
    variance_second = _blur(second * second) - mean_second**2
    covariance = _blur(first * second) - mean_first * mean_second
    luminance = (2 * mean_first * mean_second + STEADY[0]) / (
        mean_first**2 + mean_second**2 + STEADY[0]
    )
    structure = (2 * covariance + STEADY[1]) / (variance_first + variance_second + STEADY[1])
    return float(np.mean(luminance * structure))


def _blur(plane: Plane) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, *WINDOW), np.float32)
