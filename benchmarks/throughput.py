"""Measures how many complete videos a machine makes in parallel, and the memory used.

Each job encodes the loop and renders the video; its song is as long as the campaign's.
"""

import asyncio
import os
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.children import MeasuredProcesses
from benchmarks.inputs import photo, write_song
from benchmarks.measurement import Options, Series, collect
from renderer import RenderJob, RenderPool, Video

SONG_S: Final = 150
QUICK_SONG_S: Final = 6
VIDEOS_PER_CHILD: Final = 3
MEGABYTE: Final = 1e6
UNITS: Final = {"videos per minute and core": "videos", "peak memory in all": "MB"}


async def measure(options: Options) -> list[Series]:
    """Make one video at a time, then one per core, then two per core."""
    cores = os.cpu_count() or 1
    sizes = [1] if options.is_quick else sorted({1, cores, 2 * cores})
    series: list[Series] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "photo.jpg").write_bytes(photo())
        song = write_song(folder / "song.mp3", QUICK_SONG_S if options.is_quick else SONG_S)
        for size in sizes:
            async with RenderPool(size, encoder=options.encoder) as pool:
                await _make_videos(pool, folder, song, size)
                repeats = [
                    await _measure_once(pool, folder, song, cores) for _ in range(options.repeats)
                ]
            series += collect(repeats, f"{size} at once", UNITS)
    return series


async def _measure_once(pool: RenderPool, folder: Path, song: Path, cores: int) -> dict[str, float]:
    videos = VIDEOS_PER_CHILD * pool.size
    children = MeasuredProcesses()
    children.forget_peaks()
    start = perf_counter()
    await _make_videos(pool, folder, song, videos)
    minutes = (perf_counter() - start) / 60
    return {
        "videos per minute and core": videos / minutes / cores,
        "peak memory in all": children.read_peak_bytes() / MEGABYTE,
    }


async def _make_videos(pool: RenderPool, folder: Path, song: Path, count: int) -> None:
    jobs = [
        RenderJob(folder / "photo.jpg", song, (Video(folder / f"{index}.mp4"),))
        for index in range(count)
    ]
    await asyncio.gather(*map(pool.render, jobs))
