"""A pressed cycle: one rotation of one pet's record, encoded once, as a small MP4 in memory.

It carries a fingerprint of what it was made from, so a cycle is never used for another photo.
"""

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path

import av
from av.error import FFmpegError

from renderer.assets import load_assets
from renderer.colour import Bytes
from renderer.cycle import compose_cycle
from renderer.encoders import AUTO, SOFTWARE, Choice, choose, encode_cycle
from renderer.photo import decode_photo
from renderer.spec import RenderSpec
from renderer.timings import Timings


@dataclass(frozen=True, slots=True)
class Cycle:
    """`mp4` holds exactly the packets of one rotation; `comment` says what they are of."""

    mp4: bytes
    comment: str
    choice: Choice


def press_cycle(
    photo: bytes, path: Path, encoder: str, spec: RenderSpec, timings: Timings
) -> tuple[Cycle, Bytes]:
    """Compose and encode the rotation of `photo`; also return its first frame (YUV 4:2:0).

    An encoder that opened before and breaks in the middle is replaced by libx264, with the reason
    in the choice, unless it was asked for by name. `path` is only named in errors.
    """
    with timings.measure("encoder"):
        choice = choose(encoder)
    with timings.measure("photo"):
        pixels = decode_photo(photo, path, spec.pet_size_px)
    with timings.measure("compose"):
        frames = list(compose_cycle(pixels, spec))
    with timings.measure("encode"):
        try:
            cycle = _encode(frames, choice, photo, spec)
        except FFmpegError as error:
            if encoder != AUTO or choice.encoder == SOFTWARE:
                raise
            cycle = _encode(frames, Choice(SOFTWARE, f"{choice.encoder}: {error}"), photo, spec)
    return cycle, frames[0]


def read_cycle(path: Path, photo: bytes, spec: RenderSpec) -> Cycle | None:
    """Return the cycle at `path` if it is whole and was pressed from this photo, else None."""
    try:
        mp4 = path.read_bytes()
        with av.open(io.BytesIO(mp4), "r", format="mp4") as container:
            comment = container.metadata.get("comment", "")
            stream = container.streams.video[0]
            frames = len(list(container.decode(stream)))
        label = json.loads(comment)
        is_right = frames == spec.frames_per_cycle and label["of"] == fingerprint(photo, spec)
        return Cycle(mp4, comment, Choice(label["encoder"])) if is_right else None
    except (OSError, FFmpegError, LookupError, TypeError, ValueError):
        return None


def fingerprint(photo: bytes, spec: RenderSpec) -> str:
    """Name the pictures and numbers a cycle is made from."""
    digest = hashlib.sha256(photo)
    digest.update(repr(spec).encode())
    digest.update(load_assets().digest)
    return digest.hexdigest()[:32]


def _encode(frames: list[Bytes], choice: Choice, photo: bytes, spec: RenderSpec) -> Cycle:
    comment = json.dumps({"of": fingerprint(photo, spec), "encoder": choice.encoder})
    return Cycle(encode_cycle(frames, choice.encoder, spec), comment, choice)
