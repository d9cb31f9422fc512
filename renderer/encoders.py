"""The supported H.264 encoders and their options.

Whatever the encoder, a loop is one closed group of pictures: one IDR frame, then only P-frames, so
its packets can be repeated and cut after any frame.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import av
import av.logging

from renderer.colour import Bytes
from renderer.spec import RenderSpec

SOFTWARE = "libx264"
BT709, LIMITED_RANGE = 1, 1  # as numbered by ISO/IEC 23091-2 and by FFmpeg's AVCOL_RANGE_MPEG


def _nvenc_options(spec: RenderSpec) -> dict[str, str]:
    return {
        "preset": "p4",
        "rc": "vbr",
        "cq": str(spec.crf),
        "bf": "0",
        "g": str(spec.frames_per_loop),
        "no-scenecut": "1",
        "forced-idr": "1",
    }


def _x264_options(spec: RenderSpec) -> dict[str, str]:
    frames = spec.frames_per_loop
    one_group = f"keyint={frames}:min-keyint={frames}:scenecut=0:open-gop=0"
    # By default x264 cuts a frame into one slice per core: larger files, and different ones per
    # machine.
    threads = "threads=2:sliced-threads=0"
    # Every rotation starts with the same frame, so bits spent there are seen most often.
    first_frame = "zones=0,0,b=1.4"
    # Grooves and fur are fine and even, lettering is small and red; measured in
    # benchmarks/README.md.
    detail = "aq-mode=2:deblock=-1,-1:ref=3:chroma-qp-offset=-2"
    return {
        "preset": "veryfast",
        "crf": str(spec.crf),
        "bf": "0",
        "x264-params": ":".join([one_group, threads, first_frame, detail]),
    }


ENCODERS: Mapping[str, Callable[[RenderSpec], dict[str, str]]] = {
    "h264_nvenc": _nvenc_options,
    SOFTWARE: _x264_options,
}


def encode_loop_frames(
    frames: Iterable[Bytes], encoder: str, spec: RenderSpec, comment: str = ""
) -> bytes:
    """Encode YUV 4:2:0 frames into a small MP4 in memory, tagged BT.709 limited range.

    An `FFmpegError` has the encoder's last message in `log`.
    """
    target = io.BytesIO()
    with _capture_messages(), av.open(target, "w", format="mp4") as container:
        container.metadata["comment"] = comment
        stream = container.add_stream(encoder, rate=spec.fps, options=ENCODERS[encoder](spec))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = spec.width_px, spec.height_px
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


@contextmanager
def _capture_messages() -> Iterator[None]:
    """Capture FFmpeg's error messages instead of printing them; they say more than its numbers."""
    level = av.logging.get_level()
    av.logging.set_level(av.logging.ERROR)
    try:
        with av.logging.Capture():
            yield
    finally:
        av.logging.set_level(level)
