"""Encodes AAC on all cores: segments are encoded in parallel and joined into one stream.

Each segment is encoded together with some audio around it and contributes only its own packets, so
packets overlap at a seam as in a single encoder. Seams depend only on the song: the same song gives
the same bytes on every machine.
"""

import math
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import av
from av.codec.context import Flags

from renderer.cores import count_cores

FRAME_SAMPLES = 1024
LONGEST_SEGMENT, SHORTEST_SEGMENT = 860, 215  # frames: 20 s and 5 s at 44.1 kHz
_LEAD_FRAMES = 32  # until rate control and windows match those of an encoder of the whole song
_TAIL_FRAMES = 1  # the encoder looks one frame ahead to choose its window
_THREADS_AT_MOST = 4  # on large machines, parallel jobs use the cores better

Packets = list["av.Packet[av.AudioStream]"]


@dataclass(frozen=True, slots=True)
class _Segment:
    """Frames to encode; `own` selects the packets that belong to the stream."""

    frames: list[av.AudioFrame]
    own: slice


def plan_segments(samples: float) -> int:
    """The number of frames per segment for a song of about `samples` samples.

    The number of segments is a multiple of four, all of equal length, so that one, two or four
    cores finish together.
    """
    frames = math.ceil(samples / FRAME_SAMPLES)
    segments = 4 * math.ceil(frames / (4 * LONGEST_SEGMENT))
    return max(SHORTEST_SEGMENT, math.ceil(frames / segments))


def encode_aac(
    sound: Iterable[av.AudioFrame], sample_rate: int, bit_rate: int, segment_frames: int
) -> Packets:
    """Encode frames of one format to stereo AAC packets, from -1024 samples (the priming) on."""
    packets: Packets = []
    pending: deque[Future[Packets]] = deque()
    threads = min(count_cores(), _THREADS_AT_MOST)
    with ThreadPoolExecutor(threads) as pool:
        for segment in _cut(_reframe(sound, sample_rate), segment_frames):
            pending.append(pool.submit(_encode, segment, sample_rate, bit_rate))
            if len(pending) > 2 * threads:  # bounds the sound held in memory
                packets += pending.popleft().result()
        for future in pending:
            packets += future.result()
    return packets


def configure_aac(context: av.AudioCodecContext, sample_rate: int, bit_rate: int) -> None:
    """Configure an AAC encoder; FFmpeg recommends its fast coder at such bit rates.

    Intensity stereo and noise shaping compensate for too few bits. At 192 kbit/s bits are plenty,
    and both would cost time and quality.
    """
    context.sample_rate = sample_rate
    context.layout = "stereo"
    context.format = "fltp"
    context.bit_rate = bit_rate
    context.options = {"aac_coder": "fast", "aac_is": "0", "aac_tns": "0"}


def _reframe(sound: Iterable[av.AudioFrame], sample_rate: int) -> Iterator[av.AudioFrame]:
    """Yield the audio in the encoder's format and frame size; only the last frame may be shorter.

    Most songs already have the encoder's format; then the resampler passes them through.
    """
    resampler = av.AudioResampler("fltp", "stereo", sample_rate)
    fifo = av.AudioFifo()
    for frame in sound:
        for converted in resampler.resample(frame):
            converted.pts = None  # the FIFO counts the samples itself
            fifo.write(converted)
        yield from fifo.read_many(FRAME_SAMPLES)
    for converted in filter(None, resampler.resample(None)):
        converted.pts = None
        fifo.write(converted)
    yield from fifo.read_many(FRAME_SAMPLES, partial=True)


def _cut(frames: Iterable[av.AudioFrame], length: int) -> Iterator[_Segment]:
    held: list[av.AudioFrame] = []
    lead = 0
    for frame in frames:
        held.append(frame)
        if len(held) == lead + length + _TAIL_FRAMES:
            yield _Segment(held, slice(lead, lead + length))
            lead = _LEAD_FRAMES
            held = held[-lead - _TAIL_FRAMES :]
    yield _Segment(held, slice(lead, None))


def _encode(segment: _Segment, sample_rate: int, bit_rate: int) -> Packets:
    context = av.AudioCodecContext.create("aac", "w")
    assert isinstance(context, av.AudioCodecContext)
    configure_aac(context, sample_rate, bit_rate)
    context.flags |= Flags.global_header
    packets: Packets = []
    for frame in segment.frames:
        packets += context.encode(frame)
    packets += context.encode(None)
    return packets[segment.own]
