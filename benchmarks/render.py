"""Compares one video made here and with the spec's method, for songs of three lengths.

"Growth" is the cost of one more minute of song, from the shortest song to the longest.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.children import run
from benchmarks.here import MEGABYTE, make_video
from benchmarks.here import UNITS as HERE_UNITS
from benchmarks.inputs import photo, write_song
from benchmarks.measurement import Options, Series, collect

SONGS_S: Final = (60, 150, 300)
QUICK_SONGS_S: Final = (6, 12)
HOW_TO_GET_FFMPEG: Final = (
    "ffmpeg is not on the PATH, so the spec's way is skipped; apt-get install ffmpeg"
)
RATIO: Final = "x"
UNITS: Final[Mapping[str, str]] = {
    **HERE_UNITS,
    "spec's way: CPU": "CPU s",
    "spec's way: peak memory": "MB",
    "spec's way: file": "MB",
    "song to MP4, spec / here": RATIO,
    "CPU, spec / here": RATIO,
    "file, here / spec": RATIO,
}

GROWING: Final = ("video part", "render: audio", "song to MP4", "spec's way: song to MP4")


async def measure(options: Options) -> list[Series]:
    """Make videos of each length in turn, with both methods."""
    has_ffmpeg = shutil.which("ffmpeg") is not None
    if not has_ffmpeg:
        print(HOW_TO_GET_FFMPEG, file=sys.stderr)
    songs_s = QUICK_SONGS_S if options.is_quick else SONGS_S
    series: list[Series] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "photo.jpg").write_bytes(photo())
        for duration_s in songs_s:
            song = write_song(folder / f"{duration_s}.mp3", duration_s)
            repeats = []
            for _ in range(options.repeats):
                values = await make_video(folder, song, options.encoder)
                if has_ffmpeg:
                    values |= _compare(values, await _measure_spec_way(folder, song))
                repeats.append(values)
            series += collect(repeats, f"{duration_s} s", UNITS)
    return series + _compute_growth(series, songs_s[0], songs_s[-1])


async def _measure_spec_way(folder: Path, song: Path) -> dict[str, float]:
    paths = (folder / "photo.jpg", song, folder / "spec.mp4")
    command = (sys.executable, "-m", "benchmarks.spec_way", *paths)
    numbers = json.loads(await run(command))
    return {
        "spec's way: song to MP4": numbers["wall_s"],
        "spec's way: CPU": numbers["cpu_s"],
        "spec's way: peak memory": numbers["peak_bytes"] / MEGABYTE,
        "spec's way: file": numbers["size_bytes"] / MEGABYTE,
    }


def _compare(here: Mapping[str, float], spec_way: Mapping[str, float]) -> dict[str, float]:
    return {
        **spec_way,
        "song to MP4, spec / here": spec_way["spec's way: song to MP4"] / here["song to MP4"],
        "CPU, spec / here": spec_way["spec's way: CPU"] / here["CPU"],
        "file, here / spec": here["file"] / spec_way["spec's way: file"],
    }


def _compute_growth(series: Sequence[Series], first_s: int, last_s: int) -> list[Series]:
    medians = {(each.name, each.case): each.median for each in series}
    minutes = (last_s - first_s) / 60
    return [
        Series(name, [(medians[name, f"{last_s} s"] - first) / minutes], case="growth per minute")
        for name in GROWING
        if (first := medians.get((name, f"{first_s} s"))) is not None
    ]
