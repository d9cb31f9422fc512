"""The two calls that make videos: encode a photo's loop, and repeat it for the length of a song.

Both are pure functions of their job, keep no state between calls and may run in parallel.
"""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import cv2

from renderer.audio import AudioTrack, encode_song
from renderer.colour import Bytes, to_bgr
from renderer.errors import BadSpec, OutputFailed
from renderer.jobs import LoopJob, LoopReport, RenderJob, RenderReport, Video, VideoReport
from renderer.loop import Loop, encode_loop, read_loop
from renderer.mp4 import check_mp4, write_mp4
from renderer.output import replace_file, sync
from renderer.photo import read_photo
from renderer.spec import RenderSpec
from renderer.timings import Timings

POSTER_QUALITY = 88


def make_loop(job: LoopJob) -> LoopReport:
    """Write the video of one rotation and its first frame as a JPEG; raises `RenderError`."""
    timings = Timings()
    frames = job.spec.frames_per_loop
    loop, first_frame = encode_loop(
        read_photo(job.photo), job.photo, job.encoder, job.spec, timings
    )
    with timings.measure("write"):
        with replace_file(job.loop) as part:
            write_mp4(part, loop, frames, job.spec)
            check_mp4(part, frames, frames / job.spec.fps, job.spec)
            size_bytes = part.stat().st_size
        if job.poster:
            with replace_file(job.poster) as part:
                part.write_bytes(_encode_poster(first_frame))
    return LoopReport(
        encoder=loop.choice.encoder,
        fallback=loop.choice.fallback,
        frames=frames,
        size_bytes=size_bytes,
        timings=dict(timings),
    )


def render(job: RenderJob, on_progress: Callable[[float], None] | None = None) -> RenderReport:
    """Write the videos of the whole song; raises `RenderError` and then leaves nothing behind.

    `on_progress` is called with the share of the song that is encoded, 0 to 1.
    """
    bit_rates = {video.spec.audio_bit_rate for video in job.videos}
    if len(bit_rates) != 1:
        raise BadSpec("a job needs at least one video, and all must have the same audio bit rate")
    outs = set(job.outputs)
    if len(outs) < len(job.videos) or outs & {job.photo, job.song}:
        raise BadSpec("every video needs its own file, different from the photo's and the song's")
    timings = Timings()
    photo = read_photo(job.photo)
    loops = _get_loops(photo, job, timings)
    with timings.measure("audio"):
        audio = encode_song(job.song, bit_rates.pop(), on_progress)
    with ExitStack() as parts:  # no video appears before all are written and checked
        reports = tuple(
            _write_video(parts.enter_context(replace_file(video.out)), video, *loop, audio, timings)
            for video, loop in zip(job.videos, loops, strict=True)
        )
    return RenderReport(audio.duration_s, reports, dict(timings))


def _get_loops(photo: bytes, job: RenderJob, timings: Timings) -> list[tuple[Loop, bool]]:
    """Get each video's loop; videos with the same spec and loop share it."""
    found: dict[tuple[RenderSpec, Path | None], tuple[Loop, bool]] = {}
    for video in job.videos:
        if (video.spec, video.loop) not in found:
            found[video.spec, video.loop] = _get_loop(video, photo, job, timings)
    return [found[video.spec, video.loop] for video in job.videos]


def _get_loop(video: Video, photo: bytes, job: RenderJob, timings: Timings) -> tuple[Loop, bool]:
    """Return the video's loop, and whether it existed already."""
    with timings.measure("loop"):
        loop = read_loop(video.loop, photo, video.spec) if video.loop else None
    if loop:
        return loop, True
    loop, _ = encode_loop(photo, job.photo, job.encoder, video.spec, timings)
    return loop, False


def _write_video(
    part: Path, video: Video, loop: Loop, is_reused: bool, audio: AudioTrack, timings: Timings
) -> VideoReport:
    if video.longest_s is not None:
        audio = audio.shorten(video.longest_s)
    frames = video.spec.count_frames(audio.duration_s)
    with timings.measure("write"):
        write_mp4(part, loop, frames, video.spec, audio)
    with timings.measure("check"):
        check_mp4(part, frames, audio.duration_s, video.spec)
    with timings.measure("write"):
        sync(part)  # detects a failing disk before any video has appeared
    return VideoReport(
        encoder=loop.choice.encoder,
        fallback=loop.choice.fallback,
        frames=frames,
        size_bytes=part.stat().st_size,
        is_loop_reused=is_reused,
    )


def _encode_poster(frame: Bytes) -> bytes:
    is_encoded, jpeg = cv2.imencode(
        ".jpg", to_bgr(frame), [cv2.IMWRITE_JPEG_QUALITY, POSTER_QUALITY]
    )
    if not is_encoded:
        raise OutputFailed("the poster could not be encoded")
    return jpeg.tobytes()
