"""The loop: one rotation of a record, encoded once as a small MP4 in memory.

It contains a fingerprint of its inputs, so a loop is never used for another photo.
"""

import hashlib
import io
import json
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

import av
from av.error import FFmpegError

from renderer.assets import load_assets
from renderer.colour import Bytes
from renderer.encoders import encode_loop_frames
from renderer.errors import OutputFailed
from renderer.jobs import Choice
from renderer.loop_frames import Record, convert_record, turn_record
from renderer.photo import decode_photo
from renderer.probe import choose, describe, replace_broken
from renderer.scene import build_scene
from renderer.spec import RenderSpec
from renderer.timings import Timings


@dataclass(frozen=True, slots=True)
class Loop:
    """`mp4` contains exactly the packets of one rotation; `comment` identifies its inputs."""

    mp4: bytes
    comment: str
    choice: Choice


def encode_loop(
    photo: bytes, path: Path, encoder: str, spec: RenderSpec, timings: Timings
) -> tuple[Loop, Bytes]:
    """Compose and encode the rotation of `photo`; also return its first frame (YUV 4:2:0).

    If the encoder breaks during the job, libx264 replaces it, with the reason in the choice. `path`
    is only used in error messages.
    """
    with timings.measure("encoder"):
        choice = choose(encoder)
    with timings.measure("assets"):  # free once they are loaded
        build_scene(spec)
    with timings.measure("photo"):
        pixels = decode_photo(photo, path, spec.pet_size_px)
    with timings.measure("convert"):
        record = convert_record(pixels, spec)
    label = fingerprint(photo, spec)
    while True:
        try:
            return _encode_loop(record, label, choice, spec, timings)
        except FFmpegError as error:
            other = replace_broken(choice, error)
            if other is None:
                raise OutputFailed(f"{choice.encoder} broke: {describe(error)}") from error
            choice = other


def read_loop(path: Path, photo: bytes, spec: RenderSpec) -> Loop | None:
    """Return the loop at `path` if it is complete and was made from this photo, else None."""
    try:
        mp4 = path.read_bytes()
        with av.open(io.BytesIO(mp4), "r", format="mp4") as container:
            comment = container.metadata.get("comment", "")
        label = json.loads(comment)
        is_right = label["of"] == fingerprint(photo, spec) and label["is"] == _digest(mp4)
        return Loop(mp4, comment, Choice(**label["choice"])) if is_right else None
    except (OSError, FFmpegError, LookupError, TypeError, ValueError):
        return None


def fingerprint(photo: bytes, spec: RenderSpec) -> str:
    """Hash everything that a loop is made from."""
    digest = hashlib.sha256(photo)
    digest.update(repr(spec).encode())
    digest.update(load_assets().digests[spec.layout])
    return digest.hexdigest()[:32]


def _encode_loop(
    record: Record, label: str, choice: Choice, spec: RenderSpec, timings: Timings
) -> tuple[Loop, Bytes]:
    with timings.measure("encode"):
        frames = timings.measure_each("compose", turn_record(record, spec))
        first = next(frames)
        mp4 = encode_loop_frames(chain([first], frames), choice.encoder, spec)
    comment = json.dumps({"of": label, "is": _digest(mp4), "choice": asdict(choice)})
    return Loop(mp4, comment, choice), first


def _digest(mp4: bytes) -> str:
    """Hash the stream, which is faster than checking whether it can be decoded."""
    with av.open(io.BytesIO(mp4), "r", format="mp4") as container:
        stream = container.streams.video[0]
        digest = hashlib.sha256(stream.codec_context.extradata or b"")
        for packet in container.demux(stream):
            digest.update(packet)
    return digest.hexdigest()[:32]
