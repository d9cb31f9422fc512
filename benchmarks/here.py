"""Measures one video made like on the site: with a `RenderPool` of one warm child, from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.children import MeasuredProcesses
from renderer import FORMATS, LoopJob, LoopReport, RenderJob, RenderPool, Video

MEGABYTE: Final = 1e6
UNITS: Final[Mapping[str, str]] = {"CPU": "CPU s", "peak memory": "MB", "file": "MB"}
# The phases of the pictures after the loops are encoded; the rest of a render is the song.
VIDEO_PHASES: Final = ("loop", "write", "check")


async def make_video(
    folder: Path, song: Path, encoder: str, formats: Sequence[str] = ("square",)
) -> dict[str, float]:
    """Encode the loop of `photo.jpg` and render it to the song, in every format, twice.

    The first run, in a new child, is for its memory; the second for its times.
    """
    photo = folder / "photo.jpg"
    videos = [
        Video(folder / f"{name}.mp4", FORMATS[name], folder / f"{name}-loop.mp4")
        for name in formats
    ]
    render_job = RenderJob(photo, song, tuple(videos))
    async with RenderPool(encoder=encoder) as pool:
        children = MeasuredProcesses()
        idle_bytes = children.read_memory_bytes()
        children.forget_peaks()
        await _encode_loop(pool, photo, videos)
        await pool.render(render_job)
        peak_bytes = children.read_peak_bytes() - idle_bytes

        cpu_s, start = children.read_cpu_s(), perf_counter()
        loops = await _encode_loop(pool, photo, videos)
        previewed_at = perf_counter()
        rendered = await pool.render(render_job)
        end = perf_counter()
        cpu_s = children.read_cpu_s() - cpu_s
    phases = loops[0].timings
    return {
        "loop": previewed_at - start,
        "song to MP4": end - previewed_at,
        **{f"loop: {name}": sum(each.timings[name] for each in loops) for name in phases},
        **{f"render: {name}": value for name, value in rendered.timings.items()},
        "video part": sum(rendered.timings.get(phase, 0.0) for phase in VIDEO_PHASES),
        "CPU": cpu_s,
        "peak memory": peak_bytes / MEGABYTE,
        "file": sum(video.size_bytes for video in rendered.videos) / MEGABYTE,
    }


async def _encode_loop(pool: RenderPool, photo: Path, videos: Sequence[Video]) -> list[LoopReport]:
    jobs = [LoopJob(photo, video.loop, spec=video.spec) for video in videos if video.loop]
    poster = photo.with_name("poster.jpg")  # like the site, of the first video
    return [await pool.make_loop(job) for job in [replace(jobs[0], poster=poster), *jobs[1:]]]
