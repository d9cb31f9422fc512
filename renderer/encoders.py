"""The H.264 encoders we know how to ask, and which of them this machine really has.

Whatever the encoder, a cycle is one closed group of pictures: one IDR frame, then P-frames only,
so its packets can be repeated and cut after any frame.
"""

import io
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import av
import numpy as np

from renderer.colour import Bytes
from renderer.errors import EncoderUnavailable
from renderer.spec import RenderSpec

log = logging.getLogger(__name__)

AUTO = "auto"
SOFTWARE = "libx264"
BT709, LIMITED_RANGE = 1, 1  # as numbered by ISO/IEC 23091-2 and by FFmpeg's AVCOL_RANGE_MPEG


def _ask_nvenc(spec: RenderSpec) -> dict[str, str]:
    return {
        "preset": "p4",
        "rc": "vbr",
        "cq": str(spec.crf),
        "bf": "0",
        "g": str(spec.frames_per_cycle),
        "no-scenecut": "1",
        "forced-idr": "1",
    }


def _ask_x264(spec: RenderSpec) -> dict[str, str]:
    frames = spec.frames_per_cycle
    # Left alone, a frame is cut into a slice for each core: larger files, other ones per machine.
    threads = "threads=2:sliced-threads=0"
    return {
        "preset": "veryfast",
        "crf": str(spec.crf),
        "bf": "0",
        "x264-params": f"keyint={frames}:min-keyint={frames}:scenecut=0:open-gop=0:{threads}",
    }


ENCODERS: Mapping[str, Callable[[RenderSpec], dict[str, str]]] = {
    "h264_nvenc": _ask_nvenc,
    SOFTWARE: _ask_x264,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The encoder to use; `fallback` says why it is not the hardware one."""

    encoder: str
    fallback: str | None = None


def choose(name: str = AUTO) -> Choice:
    """Return the encoder for `name`: itself if it opens, for "auto" the first that does.

    Raises `EncoderUnavailable` for a name that is unknown or was asked for and does not open.
    """
    if name != AUTO:
        if name not in ENCODERS:
            raise EncoderUnavailable(
                f"unknown encoder {name!r}; choose {AUTO}, {', '.join(ENCODERS)}"
            )
        if reason := probe(name):
            raise EncoderUnavailable(f"{name} does not open here ({reason}); use {AUTO}")
        return Choice(name)
    reasons: list[str] = []
    for candidate in ENCODERS:
        if not (reason := probe(candidate)):
            return Choice(candidate, "; ".join(reasons) or None)
        reasons.append(f"{candidate}: {reason}")
    raise EncoderUnavailable(f"no H.264 encoder opens here: {'; '.join(reasons)}")


@cache
def probe(name: str) -> str | None:
    """Encode a few frames with the encoder; return None if that works, else the reason it does not.

    The answer is kept for the life of the process.
    """
    spec = RenderSpec(size_px=256)
    grey = np.full((spec.size_px * 3 // 2, spec.size_px), 128, np.uint8)
    try:
        encode_cycle([grey] * 4, name, spec)
    except Exception as error:  # drivers fail in ways of their own; each of them means no
        reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        log.info("encoder %s is not available: %s", name, reason)
        return reason
    return None


def encode_cycle(
    frames: Iterable[Bytes], encoder: str, spec: RenderSpec, comment: str = ""
) -> bytes:
    """Encode YUV 4:2:0 frames into a small MP4 in memory, tagged BT.709 limited range."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        container.metadata["comment"] = comment
        stream = container.add_stream(encoder, rate=spec.fps, options=ENCODERS[encoder](spec))
        assert isinstance(stream, av.VideoStream)
        stream.width = stream.height = spec.size_px
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = LIMITED_RANGE
        for index, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, "yuv420p")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()
