"""A song of several segments, decoded and compared with the same song encoded in one piece."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from av.codec.context import Flags
from numpy.typing import NDArray

from renderer.aac import (
    FRAME_SAMPLES,
    LONGEST_SEGMENT,
    Packets,
    configure_aac,
    encode_aac,
    plan_segments,
)

RATE, BIT_RATE = 44_100, 192_000
FRAMES = 1820
SEGMENT_FRAMES = plan_segments(FRAMES * FRAME_SAMPLES)
SEAMS = np.array([1, 2, 3]) * SEGMENT_FRAMES
Floats = NDArray[np.float32]


@pytest.fixture(scope="module")
def sound() -> Floats:
    """A chord and a beat, also right after each seam: the frame before it must be ready for it."""
    time = np.arange(FRAMES * FRAME_SAMPLES - 300) / RATE
    chord = sum(0.1 * np.sin(2 * np.pi * pitch * time) for pitch in (220.0, 277.2, 329.6))
    beat_s = SEGMENT_FRAMES * FRAME_SAMPLES / RATE / 30
    since_beat = (time - FRAME_SAMPLES / 2 / RATE) % beat_s
    noise = np.random.default_rng(5).standard_normal(time.size)
    beat = 0.3 * noise * np.exp(-since_beat * 40)
    return np.stack([chord + beat, chord - 0.5 * beat]).astype(np.float32)


@pytest.fixture(scope="module")
def joined(sound: Floats) -> Packets:
    return encode_aac(cut_blocks(sound), RATE, BIT_RATE, SEGMENT_FRAMES)


def cut_blocks(sound: Floats) -> Iterator[av.AudioFrame]:
    """Yield the sound in blocks of an MP3's size, as a decoder would."""
    for start in range(0, sound.shape[1], 1152):
        block = np.ascontiguousarray(sound[:, start : start + 1152])
        frame = av.AudioFrame.from_ndarray(block, "fltp", "stereo")
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), start
        yield frame


def open_encoder() -> av.AudioCodecContext:
    context = av.AudioCodecContext.create("aac", "w")
    assert isinstance(context, av.AudioCodecContext)
    configure_aac(context, RATE, BIT_RATE)
    context.flags |= Flags.global_header
    return context


def encode_one_piece(sound: Floats) -> Packets:
    context, packets = open_encoder(), []
    for frame in cut_blocks(sound):
        packets += context.encode(frame)
    return packets + context.encode(None)


def sum_errors(packets: Packets, sound: Floats) -> NDArray[np.float64]:
    """Decode, and return the squared error of each frame except the short last one."""
    encoder = open_encoder()
    encoder.open()
    decoder = av.AudioCodecContext.create("aac", "r")
    assert isinstance(decoder, av.AudioCodecContext)
    decoder.extradata = encoder.extradata
    blocks = [
        frame.to_ndarray()
        for packet in packets
        for frame in decoder.decode(av.Packet(bytes(packet)))
    ]
    decoded = np.concatenate(blocks, axis=1, dtype=np.float32)[:, FRAME_SAMPLES:]
    length = (FRAMES - 1) * FRAME_SAMPLES
    squares = (decoded[:, :length] - sound[:, :length]).astype(float) ** 2
    return np.asarray(squares.sum(0).reshape(-1, FRAME_SAMPLES).sum(1))


def test_packets_follow_each_other(joined: Packets, sound: Floats) -> None:
    times = [packet.pts or 0 for packet in joined]
    assert times[0] == -FRAME_SAMPLES
    assert all(after - before == FRAME_SAMPLES for before, after in pairwise(times))
    assert [packet.dts for packet in joined] == times
    one_piece = encode_one_piece(sound)
    assert (times[-1], joined[-1].duration) == (one_piece[-1].pts, one_piece[-1].duration)


def test_seams_are_as_clean_as_one_piece(joined: Packets, sound: Floats) -> None:
    """To a quarter of a decibel, by which the rate control may vary between frames."""
    here, there = sum_errors(joined, sound), sum_errors(encode_one_piece(sound), sound)
    near = (SEAMS[:, None] + np.arange(-2, 3)).ravel()
    assert here[near].sum() <= there[near].sum() * 10**0.025
    assert (here[near] <= there[near] * 1.2).all()
    assert here[near].max() <= np.delete(here, near).max()


def test_the_same_sound_is_the_same_bytes(joined: Packets, sound: Floats) -> None:
    again = encode_aac(cut_blocks(sound), RATE, BIT_RATE, SEGMENT_FRAMES)
    assert [bytes(packet) for packet in again] == [bytes(packet) for packet in joined]


@pytest.mark.parametrize("duration_s", [60, 75, 150, 300, 1200])
def test_songs_are_cut_into_fours_of_equal_segments(duration_s: int) -> None:
    frames = -(-duration_s * RATE // FRAME_SAMPLES)
    length = plan_segments(duration_s * RATE)
    segments = -(-frames // length)
    assert length <= LONGEST_SEGMENT
    assert segments % 4 == 0
    assert segments * length - frames < segments
