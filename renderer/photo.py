"""Decodes a pet's photo from any common format into a square picture.

The bytes are read once, so the photo that is shown is the one that is fingerprinted.
"""

from pathlib import Path

import cv2
import numpy as np
from cv2.typing import MatLike

from renderer.colour import Bytes
from renderer.errors import BadPhoto, explain_unreadable
from renderer.headers import START_OF_JPEG, measure

_START_OF_SCAN, _END_OF_JPEG = b"\xff\xda", b"\xff\xd9"
_PIXELS_AT_MOST = 120_000_000  # beyond the cameras of phones; 360 MB once decoded


def read_photo(path: Path) -> bytes:
    """Read the file at `path`; raises `BadPhoto` if it does not exist, else `InputUnreadable`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise explain_unreadable(path, error, BadPhoto) from error


def decode_photo(encoded: bytes, path: Path, size_px: int) -> Bytes:
    """Decode, rotate upright, crop to the centred square and scale to (size_px, size_px, 3) BGR.

    Transparent areas become white; animations show their first frame. Raises `BadPhoto` for
    anything that is not a complete picture; `path` is only used in the message.
    """
    width, height = measure(encoded)
    if width * height > _PIXELS_AT_MOST:
        raise BadPhoto(f"{path} is {width}x{height}, more than {_PIXELS_AT_MOST:,} pixels")
    picture = None if _is_cut(encoded) else _decode(encoded)
    if picture is None:
        raise BadPhoto(f"{path} is not a complete picture; use a JPEG or PNG")
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    shrinks = side > size_px
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (size_px, size_px), interpolation=interpolation), np.uint8)


def _is_cut(encoded: bytes) -> bool:
    """Detect empty files and truncated JPEGs, whose rest a decoder would fill with grey."""
    return not encoded or (
        encoded.startswith(START_OF_JPEG)
        and encoded.rfind(_END_OF_JPEG) < encoded.rfind(_START_OF_SCAN)
    )


def _decode(encoded: bytes) -> Bytes | None:
    """Decode to 8-bit BGR; None if that fails."""
    content = np.frombuffer(encoded, np.uint8)
    try:
        if not encoded.startswith(START_OF_JPEG):
            drawn = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
            if drawn is not None and drawn.shape[2:] == (4,) and drawn.dtype.kind == "u":
                return _lay_on_white(drawn)
        # Unlike IMREAD_UNCHANGED this rotates the picture upright; photos from cameras are opaque.
        shown = cv2.imdecode(content, cv2.IMREAD_COLOR)
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:  # says nothing about the picture
            raise MemoryError(error.err) from error
        return None
    return None if shown is None else np.asarray(shown, np.uint8)


def _lay_on_white(drawn: MatLike) -> Bytes:
    """Blend BGRA of 8 or 16 bits onto white."""
    white = 256**drawn.itemsize - 1
    alpha = cv2.cvtColor(drawn[..., 3], cv2.COLOR_GRAY2BGR)
    shown = cv2.multiply(drawn[..., :3], alpha, scale=1 / white)
    on_white = cv2.add(shown, cv2.subtract(np.full_like(alpha, white), alpha))
    return np.asarray(cv2.convertScaleAbs(on_white, alpha=255 / white), np.uint8)
