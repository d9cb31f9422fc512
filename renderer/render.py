"""The two public calls: press a photo into a looping film, render it to the length of a song.

Both are pure functions of their job, hold nothing back between calls and may run side by side.
"""

from collections.abc import Callable

import cv2

from renderer.audio import encode_song
from renderer.colour import Bytes, to_bgr
from renderer.errors import OutputFailed
from renderer.jobs import PressJob, PressReport, RenderJob, RenderReport
from renderer.movie import check_movie, write_movie
from renderer.output import replace_file
from renderer.photo import read_photo
from renderer.pressing import press_cycle, read_cycle
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
    """Write the film of the whole song; raises `RenderError` and leaves nothing behind.

    `on_progress` hears the share of the song that is encoded, 0 to 1.
    """
    timings = Timings()
    photo = read_photo(job.photo)
    with timings.measure("cycle"):
        cycle = read_cycle(job.cycle, photo, job.spec) if job.cycle else None
    is_reused = cycle is not None
    if cycle is None:
        cycle, _ = press_cycle(photo, job.photo, job.encoder, job.spec, timings)
    with timings.measure("audio"):
        audio = encode_song(job.song, job.spec.audio_bit_rate, on_progress)
    frames = job.spec.count_frames(audio.duration_s)
    with replace_file(job.out) as part:
        with timings.measure("write"):
            write_movie(part, cycle, frames, job.spec, audio)
        with timings.measure("check"):
            check_movie(part, frames, audio.duration_s, job.spec)
            size_bytes = part.stat().st_size
    return RenderReport(
        duration_s=audio.duration_s,
        encoder=cycle.choice.encoder,
        fallback=cycle.choice.fallback,
        frames=frames,
        size_bytes=size_bytes,
        is_cycle_reused=is_reused,
        timings=dict(timings),
    )


def _encode_poster(frame: Bytes) -> bytes:
    is_encoded, jpeg = cv2.imencode(
        ".jpg", to_bgr(frame), [cv2.IMWRITE_JPEG_QUALITY, POSTER_QUALITY]
    )
    if not is_encoded:
        raise OutputFailed("the poster could not be encoded")
    return jpeg.tobytes()
