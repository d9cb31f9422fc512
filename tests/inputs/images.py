"""Hostile pictures by name: a recipe is a function of small numbers, always with the same bytes.

Invariant: what is huge here is huge only when decoded; a file fits into the 5 MB of a form.
"""

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

END = b"\xff\xd9"
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def saved(kind: str = "JPEG", mode: str = "RGB", width: int = 600, height: int = 600) -> bytes:
    """A picture of one colour."""
    picture = Image.new("RGB", (width, height), (200, 120, 80)).convert(mode)
    return _save(picture, kind)


@cache
def noise(quality: int = 60) -> bytes:
    """A JPEG whose every block differs."""
    pixels = np.random.default_rng(1).integers(0, 255, (600, 600, 3), dtype=np.uint8)
    return _save(Image.fromarray(pixels), "JPEG", quality=quality)


def cut(at: int) -> bytes:
    """A JPEG of which only the first `at` bytes have arrived."""
    return noise()[:at]


def frame_size(width: int, height: int, marker: int = 0xC0) -> bytes:
    """A 600x600 JPEG whose header claims another size or another kind of frame."""
    content = bytearray(saved())
    start = content.index(b"\xff\xc0")
    content[start + 1] = marker
    content[start + 5 : start + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def patched(marker: int, offset: int, value: int) -> bytes:
    """A JPEG with one byte changed after the first `marker`."""
    content = bytearray(noise())
    content[content.index(bytes([0xFF, marker])) + offset] = value
    return bytes(content)


def scans(count: int) -> bytes:
    """A progressive JPEG whose last scan is repeated `count` times."""
    content = _save(Image.new("RGB", (600, 600)), "JPEG", progressive=True)
    last = content[content.rindex(b"\xff\xda") : -len(END)]
    return content[: -len(END)] + count * last + END


def segments(marker: int, count: int, head: str = "") -> bytes:
    """A JPEG with `count` segments of 65,533 bytes that start with `head`."""
    body = head.encode("latin-1").ljust(65533, b"\x01")
    content = saved()
    return content[:2] + count * (bytes([0xFF, marker]) + b"\xff\xff" + body) + content[2:]


def icc(count: int) -> bytes:
    """A JPEG with a colour profile of `count` full segments of garbage."""
    content = saved()
    chunks = (
        b"\xff\xe2\xff\xff" + b"ICC_PROFILE\0" + bytes([number + 1, count]) + 65519 * b"\x7f"
        for number in range(count)
    )
    return content[:2] + b"".join(chunks) + content[2:]


def exif(count: int, offset: int, kind: int = 2) -> bytes:
    """A JPEG whose EXIF Orientation claims `count` values of a kind at an offset."""
    entry = struct.pack("<HHII", 0x0112, kind, count, offset)
    body = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + entry + struct.pack("<I", 8)
    content = saved()
    return content[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + content[2:]


def png(width: int, height: int, bits: int = 1, colour: int = 0, rows: int = -1) -> bytes:
    """A PNG of zeros; `rows` is the number of rows that are really there."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = 1 + (width * bits * channels + 7) // 8
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    zeros = _deflate_zeros(row * (height if rows < 0 else rows))
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zeros) + _chunk(b"IEND", b"")


def png_text(kind: str, megabytes: int) -> bytes:
    """A 600x600 PNG with a compressed text or colour profile that inflates."""
    content = png(600, 600)
    swelling = _chunk(kind.encode(), b"name\0\0" + _deflate_zeros(megabytes << 20))
    return content[:33] + swelling + content[33:]


def animated(kind: str, frames: int) -> bytes:
    """A GIF, WebP or PNG with many frames."""
    first, *others = (Image.new("L", (600, 600), number % 256) for number in range(frames))
    return _save(first, kind, save_all=True, append_images=others)


def followed_by(text: str, count: int = 1) -> bytes:
    """A JPEG with something after its end."""
    return saved() + count * text.encode("latin-1")


def beginning(text: str, count: int = 1) -> bytes:
    """Not a picture at all, whatever its first bytes say."""
    return count * text.encode("latin-1")


Recipe = Callable[..., bytes]
RECIPES: Mapping[str, Recipe] = {
    recipe.__name__: recipe
    for recipe in (
        *(saved, noise, cut, frame_size, patched, scans, segments, icc, exif),
        *(png, png_text, animated, followed_by, beginning),
    )
}


def draw(name: str, **numbers: Any) -> bytes:
    """Return the bytes of a recipe."""
    return RECIPES[name](**numbers)


def _save(picture: Image.Image, kind: str, **options: Any) -> bytes:
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _deflate_zeros(count: int) -> bytes:
    deflate = zlib.compressobj(9)
    block = bytes(1 << 20)
    pieces = [deflate.compress(block) for _ in range(count >> 20)]
    return b"".join([*pieces, deflate.compress(bytes(count % (1 << 20))), deflate.flush()])
