"""The two calls that make films: press a photo into a loop, render it to the length of a song.

Both are pure functions of their job, hold nothing back between calls and may run side by side.
"""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import cv2

from renderer.audio import AudioTrack, encode_song
from renderer.colour import Bytes, to_bgr
from renderer.errors import BadSpec, OutputFailed
from renderer.jobs import Film, FilmReport, PressJob, PressReport, RenderJob, RenderReport
from renderer.loop import Cycle, press_cycle, read_cycle
from renderer.mp4 import check_movie, write_movie
from renderer.output import replace_file, sync
from renderer.photo import read_photo
from renderer.spec import RenderSpec
from renderer.timings import Timings

POSTER_QUALITY = 88


def press(job: PressJob) -> PressReport:
    """Write the film of one rotation and its first frame as a JPEG; raises `RenderError`."""
    timings = Timings()
    frames = job.spec.frames_per_cycle
    cycle, first_frame = press_cycle(
        read_photo(job.photo), job.photo, job.encoder, job.spec, timings
    )
    with timings.measure("write"):
        with replace_file(job.cycle) as part:
            write_movie(part, cycle, frames, job.spec)
            check_movie(part, frames, frames / job.spec.fps, job.spec)
            size_bytes = part.stat().st_size
        if job.poster:
            with replace_file(job.poster) as part:
                part.write_bytes(_encode_poster(first_frame))
    return PressReport(
        encoder=cycle.choice.encoder,
        fallback=cycle.choice.fallback,
        frames=frames,
        size_bytes=size_bytes,
        timings=dict(timings),
    )


def render(job: RenderJob, on_progress: Callable[[float], None] | None = None) -> RenderReport:
    """Write the films of the whole song; raises `RenderError` and leaves nothing behind.

    `on_progress` hears the share of the song that is encoded, 0 to 1.
    """
    bit_rates = {film.spec.audio_bit_rate for film in job.films}
    if len(bit_rates) != 1:
        raise BadSpec("a job's films must be some, and share one bit rate of the sound")
    outs = set(job.outputs)
    if len(outs) < len(job.films) or outs & {job.photo, job.song}:
        raise BadSpec("every film needs a file of its own, other than the photo's and the song's")
    timings = Timings()
    photo = read_photo(job.photo)
    cycles = _get_cycles(photo, job, timings)
    with timings.measure("audio"):
        audio = encode_song(job.song, bit_rates.pop(), on_progress)
    with ExitStack() as parts:  # no film appears before all are written and checked
        reports = tuple(
            _write_film(parts.enter_context(replace_file(film.out)), film, *cycle, audio, timings)
            for film, cycle in zip(job.films, cycles, strict=True)
        )
    return RenderReport(audio.duration_s, reports, dict(timings))


def _get_cycles(photo: bytes, job: RenderJob, timings: Timings) -> list[tuple[Cycle, bool]]:
    """Return each film's cycle as `_get_cycle` does; films of one spec and cycle share it."""
    found: dict[tuple[RenderSpec, Path | None], tuple[Cycle, bool]] = {}
    for film in job.films:
        if (film.spec, film.cycle) not in found:
            found[film.spec, film.cycle] = _get_cycle(film, photo, job, timings)
    return [found[film.spec, film.cycle] for film in job.films]


def _get_cycle(film: Film, photo: bytes, job: RenderJob, timings: Timings) -> tuple[Cycle, bool]:
    """Return the film's cycle and whether it had been pressed before."""
    with timings.measure("cycle"):
        cycle = read_cycle(film.cycle, photo, film.spec) if film.cycle else None
    if cycle:
        return cycle, True
    cycle, _ = press_cycle(photo, job.photo, job.encoder, film.spec, timings)
    return cycle, False


def _write_film(
    part: Path, film: Film, cycle: Cycle, is_reused: bool, audio: AudioTrack, timings: Timings
) -> FilmReport:
    if film.longest_s is not None:
        audio = audio.shorten(film.longest_s)
    frames = film.spec.count_frames(audio.duration_s)
    with timings.measure("write"):
        write_movie(part, cycle, frames, film.spec, audio)
    with timings.measure("check"):
        check_movie(part, frames, audio.duration_s, film.spec)
    with timings.measure("write"):
        sync(part)  # a disk that fails is heard of before any film has appeared
    return FilmReport(
        encoder=cycle.choice.encoder,
        fallback=cycle.choice.fallback,
        frames=frames,
        size_bytes=part.stat().st_size,
        is_cycle_reused=is_reused,
    )


def _encode_poster(frame: Bytes) -> bytes:
    is_encoded, jpeg = cv2.imencode(
        ".jpg", to_bgr(frame), [cv2.IMWRITE_JPEG_QUALITY, POSTER_QUALITY]
    )
    if not is_encoded:
        raise OutputFailed("the poster could not be encoded")
    return jpeg.tobytes()
