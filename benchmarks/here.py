"""One video as the site makes it: a `RenderPool` of one warm child, seen from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.children import Children
from renderer import FORMATS, Film, PressJob, PressReport, RenderJob, RenderPool

MEGABYTE: Final = 1e6
UNITS: Final[Mapping[str, str]] = {"CPU": "CPU s", "peak memory": "MB", "file": "MB"}
# What is done for the pictures once they are pressed; the rest of a render is the song.
VIDEO_PHASES: Final = ("cycle", "write", "check")


async def make_video(
    folder: Path, song: Path, encoder: str, formats: Sequence[str] = ("square",)
) -> dict[str, float]:
    """Press `photo.jpg` of the folder and render it to the song, in every format, twice.

    The first time, in a new child, is for its memory; the second for its times.
    """
    photo = folder / "photo.jpg"
    films = [
        Film(folder / f"{name}.mp4", FORMATS[name], folder / f"{name}-cycle.mp4")
        for name in formats
    ]
    render_job = RenderJob(photo, song, tuple(films))
    async with RenderPool(encoder=encoder) as pool:
        children = Children()
        idle_bytes = children.read_memory_bytes()
        children.forget_peaks()
        await _press(pool, photo, films)
        await pool.render(render_job)
        peak_bytes = children.read_peak_bytes() - idle_bytes

        cpu_s, start = children.read_cpu_s(), perf_counter()
        pressed = await _press(pool, photo, films)
        pressed_at = perf_counter()
        rendered = await pool.render(render_job)
        end = perf_counter()
        cpu_s = children.read_cpu_s() - cpu_s
    phases = pressed[0].timings
    return {
        "press": pressed_at - start,
        "song to MP4": end - pressed_at,
        **{f"press: {name}": sum(each.timings[name] for each in pressed) for name in phases},
        **{f"render: {name}": value for name, value in rendered.timings.items()},
        "video part": sum(rendered.timings.get(phase, 0.0) for phase in VIDEO_PHASES),
        "CPU": cpu_s,
        "peak memory": peak_bytes / MEGABYTE,
        "file": sum(film.size_bytes for film in rendered.films) / MEGABYTE,
    }


async def _press(pool: RenderPool, photo: Path, films: Sequence[Film]) -> list[PressReport]:
    jobs = [PressJob(photo, film.cycle, spec=film.spec) for film in films if film.cycle]
    poster = photo.with_name("poster.jpg")  # as the site does, of the first film
    return [await pool.press(job) for job in [replace(jobs[0], poster=poster), *jobs[1:]]]
