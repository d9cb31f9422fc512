"""Reads the size of a picture from its header: a few kB may decode to gigabytes."""

import struct

START_OF_JPEG = b"\xff\xd8\xff"

_NO_FRAME_HEADER = (0xC4, 0xC8, 0xCC)  # not frame headers, although in the range of their markers


def measure(encoded: bytes) -> tuple[int, int]:
    """Width and height in pixels; (0, 0) if the header is truncated or of another format.

    Supports JPEG, PNG, GIF and WebP.
    """
    try:
        if encoded.startswith(START_OF_JPEG):
            return _measure_jpeg(encoded)
        if encoded.startswith(b"\x89PNG"):
            width, height = struct.unpack_from(">II", encoded, 16)
        elif encoded.startswith(b"GIF8"):
            width, height = struct.unpack_from("<HH", encoded, 6)
        elif encoded[8:12] == b"WEBP":
            width, height = _measure_webp(encoded)
        else:
            width = height = 0
    except struct.error:
        return 0, 0
    return width, height


def _measure_jpeg(encoded: bytes) -> tuple[int, int]:
    at = 2
    while encoded[at : at + 1] == b"\xff":
        marker, length = struct.unpack_from(">BH", encoded, at + 1)
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME_HEADER:
            height, width = struct.unpack_from(">HH", encoded, at + 5)
            return width, height
        at += 1 if marker == 0xFF else 2 + length
    return 0, 0


def _measure_webp(encoded: bytes) -> tuple[int, int]:
    match encoded[12:16]:
        case b"VP8X":
            width, height = struct.unpack("<I", encoded[24:27] + b"\0") + struct.unpack(
                "<I", encoded[27:30] + b"\0"
            )
            return width + 1, height + 1
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", encoded, 21)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case _:
            width, height = struct.unpack_from("<HH", encoded, 26)
            return width & 0x3FFF, height & 0x3FFF
