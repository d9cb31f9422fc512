"""Writes the video file: the loop's packets repeated beside the song's, then read back and checked.

Packets are copied, never encoded again; a file that fails its check is not published.
"""

import heapq
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from renderer.aac import configure_aac
from renderer.audio import AudioTrack
from renderer.errors import OutputFailed
from renderer.loop import Loop
from renderer.spec import RenderSpec


def write_mp4(
    part: Path, loop: Loop, frames: int, spec: RenderSpec, audio: AudioTrack | None = None
) -> None:
    """Write `frames` of the loop, and the song, into an MP4 that plays while it loads.

    Without a song the file is the loop itself, and carries its label for `read_loop`.
    """
    with (
        av.open(io.BytesIO(loop.mp4), "r", format="mp4") as source,
        av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as container,
    ):
        template = source.streams.video[0]
        loop_packets = [packet for packet in source.demux(template) if packet.size]
        # The template must be a stream of a finished file: one that an encoder has not written yet
        # lacks the H.264 headers, which the muxer does not report.
        video = container.add_stream_from_template(template)
        tracks: list[Iterable[av.Packet[Any]]] = [_repeat(loop_packets, video, frames, spec)]
        if audio:
            sound = container.add_stream("aac", rate=audio.sample_rate)
            configure_aac(sound.codec_context, audio.sample_rate, audio.bit_rate)
            tracks.append(_assign(audio.packets, sound))
        else:
            container.metadata["comment"] = loop.comment
        for packet in heapq.merge(*tracks, key=_time_s):
            container.mux_one(packet)


def check_mp4(part: Path, frames: int, duration_s: float, spec: RenderSpec) -> None:
    """Read the file back like a player; raises `OutputFailed` if anything is wrong.

    Decodes the first frame, seeks to the last rotation and decodes that; `duration_s` may be off by
    one frame.
    """
    try:
        with av.open(str(part), format="mp4") as container:
            stream = container.streams.video[0]
            shown = [next(container.decode(stream))]
            container.seek(stream.duration or 0, stream=stream)
            shown.append(next(container.decode(stream)))
            container.seek(stream.duration or 0, stream=stream)
            *_, last = (packet for packet in container.demux(stream) if packet.size)
            found_s = (container.duration or 0) / av.time_base
    except (FFmpegError, LookupError, StopIteration, ValueError) as error:
        raise OutputFailed(f"{part} cannot be played: {error}") from error
    is_sized = {(frame.width, frame.height) for frame in shown} == {(spec.width_px, spec.height_px)}
    is_whole = round(_time_s(last) * spec.fps) == frames - 1
    if not (is_sized and is_whole and abs(found_s - duration_s) <= 1 / spec.fps):
        raise OutputFailed(
            f"{part} is not the video that was made: {found_s:.2f} s of {duration_s:.2f} s"
        )


def _repeat(
    packets: "list[av.Packet[av.VideoStream]]",
    stream: av.VideoStream,
    frames: int,
    spec: RenderSpec,
) -> "Iterator[av.Packet[av.VideoStream]]":
    """Yield `frames` packets, repeating the loop's, one frame apart from 0 on.

    The same packet objects get new timestamps; the muxer takes its own reference.
    """
    for index in range(frames):
        packet = packets[index % len(packets)]
        frame_ticks = round(1 / (spec.fps * packet.time_base))
        packet.pts = packet.dts = index * frame_ticks
        packet.duration = frame_ticks
        packet.stream = stream
        yield packet


def _assign(
    packets: "list[av.Packet[av.AudioStream]]", stream: av.AudioStream
) -> "Iterator[av.Packet[av.AudioStream]]":
    for packet in packets:
        packet.stream = stream
        yield packet


def _time_s(packet: "av.Packet[Any]") -> float:
    return float((packet.dts or 0) * packet.time_base)
