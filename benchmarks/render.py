"""One video, here and by the spec's way, side by side in one run, for songs of three lengths.

Here means as the site does it: a `RenderPool` of one warm child, seen from outside.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.children import Children, run
from benchmarks.inputs import photo, write_song
from benchmarks.measurement import Options, Series, collect
from renderer import Film, PressJob, RenderJob, RenderPool

SONGS_S: Final = (60, 150, 300)
QUICK_SONGS_S: Final = (6, 12)
HOW_TO_GET_FFMPEG: Final = (
    "ffmpeg is not on the PATH, so the spec's way is left out; apt-get install ffmpeg"
)
MEGABYTE: Final = 1e6
RATIO: Final = "x"
UNITS: Final[Mapping[str, str]] = {
    "CPU": "CPU s",
    "peak memory": "MB",
    "file": "MB",
    "spec's way: CPU": "CPU s",
    "spec's way: peak memory": "MB",
    "spec's way: file": "MB",
    "song to MP4, spec / here": RATIO,
    "CPU, spec / here": RATIO,
    "file, here / spec": RATIO,
}
# What is done for the pictures once they are pressed; the rest of a render is the song.
VIDEO_PHASES: Final = ("cycle", "write", "check")


async def measure(options: Options) -> list[Series]:
    """Make videos of each length in turn, both ways one after the other."""
    has_ffmpeg = shutil.which("ffmpeg") is not None
    if not has_ffmpeg:
        print(HOW_TO_GET_FFMPEG, file=sys.stderr)
    series: list[Series] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "photo.jpg").write_bytes(photo())
        for duration_s in QUICK_SONGS_S if options.is_quick else SONGS_S:
            song = write_song(folder / f"{duration_s}.mp3", duration_s)
            repeats = []
            for _ in range(options.repeats):
                values = await _measure_here(folder, song, options.encoder)
                if has_ffmpeg:
                    values |= _compare(values, await _measure_spec_way(folder, song))
                repeats.append(values)
            series += collect(repeats, f"{duration_s} s", UNITS)
    return series


async def _measure_here(folder: Path, song: Path, encoder: str) -> dict[str, float]:
    """Press and render in a new child: the first time for its memory, the second for its times."""
    press_job = PressJob(folder / "photo.jpg", folder / "cycle.mp4", folder / "poster.jpg")
    film = Film(folder / "here.mp4", cycle=press_job.cycle)
    render_job = RenderJob(press_job.photo, song, (film,))
    async with RenderPool(encoder=encoder) as pool:
        children = Children()
        idle_bytes = children.read_memory_bytes()
        children.forget_peaks()
        await pool.press(press_job)
        await pool.render(render_job)
        peak_bytes = children.read_peak_bytes() - idle_bytes

        cpu_s, start = children.read_cpu_s(), perf_counter()
        pressed = await pool.press(press_job)
        pressed_at = perf_counter()
        rendered = await pool.render(render_job)
        end = perf_counter()
        cpu_s = children.read_cpu_s() - cpu_s
    return {
        "press": pressed_at - start,
        "song to MP4": end - pressed_at,
        **{f"press: {phase}": value for phase, value in pressed.timings.items()},
        **{f"render: {phase}": value for phase, value in rendered.timings.items()},
        "video part": sum(rendered.timings.get(phase, 0.0) for phase in VIDEO_PHASES),
        "CPU": cpu_s,
        "peak memory": peak_bytes / MEGABYTE,
        "file": rendered.films[0].size_bytes / MEGABYTE,
    }


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
