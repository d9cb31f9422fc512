"""Small photos and songs made on the spot, and a way to read videos back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from renderer import RenderJob, RenderSpec, Video

Bytes = NDArray[np.uint8]


def write_photo(
    path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (600, 600)
) -> Path:
    """Write a JPEG of one BGR colour, (width, height)."""
    picture = np.full((size[1], size[0], 3), colour, np.uint8)
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 97])
    return path


def write_song(
    path: Path,
    duration_s: float = 2.0,
    sample_rate: int = 44_100,
    channels: int = 2,
    **options: str,
) -> Path:
    """Write an MP3 of a chord with a click every half second, the first at 0."""
    layout = "stereo" if channels == 2 else "mono"
    time = np.arange(round(duration_s * sample_rate)) / sample_rate
    tone = sum(0.1 * np.sin(2 * np.pi * pitch * time) for pitch in (220.0, 277.2, 329.6))
    sound = np.where(time % 0.5 < 0.002, 0.9, tone).astype(np.float32)
    with av.open(str(path), "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=sample_rate, options=options)
        stream.layout = layout
        stream.bit_rate = 128_000 if sample_rate > 16_000 else 32_000
        frame = av.AudioFrame.from_ndarray(np.tile(sound, (channels, 1)), "fltp", layout)
        frame.sample_rate, frame.time_base, frame.pts = sample_rate, Fraction(1, sample_rate), 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def one_video(
    photo: Path, song: Path, out: Path, loop: Path | None = None, spec: RenderSpec | None = None
) -> RenderJob:
    """Describe a single video, in the campaign's format if no spec is given."""
    return RenderJob(photo, song, (Video(out, spec or RenderSpec(), loop),))


@dataclass
class Footage:
    """A video read back to its last frame and sample."""

    frames: list[Bytes]
    samples: NDArray[np.float32]
    sample_rate: int
    duration_s: float
    video_duration_s: float
    audio_duration_s: float
    fps: float
    tags: tuple[int, int, int, int]
    codecs: list[str]


def read_video(path: Path) -> Footage:
    """Decode everything in an MP4: frames as YUV 4:2:0 arrays, sound as its first channel."""
    with av.open(str(path), format="mp4") as container:
        video = container.streams.video[0]
        frames = [np.asarray(frame.to_ndarray(), np.uint8) for frame in container.decode(video)]
        context = video.codec_context
        tags = (context.colorspace, context.color_primaries, context.color_trc, context.color_range)
        codecs = [stream.codec_context.name for stream in container.streams if stream.codec_context]
        duration_s = (container.duration or 0) / av.time_base
        video_duration_s, fps = _seconds(video), float(video.average_rate or 0)
        samples, sample_rate, audio_duration_s = np.zeros(0, np.float32), 0, 0.0
        if container.streams.audio:
            container.seek(0)
            audio = container.streams.audio[0]
            blocks = [frame.to_ndarray()[0] for frame in container.decode(audio)]
            samples, sample_rate = np.concatenate(blocks), audio.rate
            audio_duration_s = _seconds(audio)
    return Footage(
        frames=frames,
        samples=samples,
        sample_rate=sample_rate,
        duration_s=duration_s,
        video_duration_s=video_duration_s,
        audio_duration_s=audio_duration_s,
        fps=fps,
        tags=tags,
        codecs=codecs,
    )


def to_bgr(frame: Bytes) -> Bytes:
    """Convert with FFmpeg's own scaler, told that the frame is BT.709 limited range."""
    picture = av.VideoFrame.from_ndarray(frame, "yuv420p").reformat(
        format="bgr24", src_colorspace="ITU709", src_color_range="MPEG", dst_color_range="JPEG"
    )
    return np.asarray(picture.to_ndarray(), np.uint8)


def show_pet(frame: Bytes) -> tuple[float, ...]:
    """Return the mean BGR of the middle of the photo."""
    return tuple(to_bgr(frame)[310:410, 310:410].mean((0, 1)))


@contextmanager
def watch_libav() -> Iterator[list[str]]:
    """Collect the warnings of FFmpeg's libraries in the block, from all threads."""
    said: list[str] = []
    level = av.logging.get_level()
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture(local=False) as lines:
            yield said
        said += [f"{name}: {words.strip()}" for _, name, words in lines]
    finally:
        av.logging.set_level(level)


def _seconds(stream: Any) -> float:
    return float(stream.duration * stream.time_base)
