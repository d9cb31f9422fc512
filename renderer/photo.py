"""A pet's photo, from whatever file it came in, as a square picture.

The bytes are read once, so that what is shown and what is fingerprinted are the same photo.
"""

from pathlib import Path

import cv2
import numpy as np

from renderer.colour import Bytes
from renderer.errors import BadPhoto

_START_OF_JPEG, _START_OF_SCAN, _END_OF_JPEG = b"\xff\xd8\xff", b"\xff\xda", b"\xff\xd9"


def read_photo(path: Path) -> bytes:
    """Read the file at `path`; raises `BadPhoto` where there is none."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadPhoto(f"cannot read the photo {path}: {error.strerror}") from error


def decode_photo(encoded: bytes, path: Path, size_px: int) -> Bytes:
    """Decode, turn upright, crop to the centred square and scale to (size_px, size_px, 3) BGR.

    `path` is only named in the `BadPhoto` raised for anything that is not a whole picture.
    """
    # A decoder fills what a truncated JPEG lacks with grey and reports success.
    is_cut = encoded.startswith(_START_OF_JPEG) and (
        encoded.rfind(_END_OF_JPEG) < encoded.rfind(_START_OF_SCAN)
    )
    picture = None
    if encoded and not is_cut:
        try:
            picture = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
        except cv2.error:
            picture = None
    if picture is None:
        raise BadPhoto(f"{path} is not a whole picture; give a JPEG or PNG")
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    shrinks = side > size_px
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (size_px, size_px), interpolation=interpolation), np.uint8)
