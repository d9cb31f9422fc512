"""Converts between BGR pictures and YUV 4:2:0 frames in BT.709 limited range, as in HD video.

OpenCV's own conversion is BT.601: greens would look wrong in players that follow the tags. A frame
is one array of (height * 3 / 2, width) bytes: the planes Y, U and V in sequence.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

BLACK_LUMA = 16.0
GREY_CHROMA = 128.0

_KR, _KB = 0.2126, 0.0722
_LUMA = np.array([_KB, 1 - _KR - _KB, _KR])
_BGR_TO_YUV = np.vstack(
    [
        _LUMA * 219 / 255,
        (np.array([1, 0, 0]) - _LUMA) / (2 * (1 - _KB)) * 224 / 255,
        (np.array([0, 0, 1]) - _LUMA) / (2 * (1 - _KR)) * 224 / 255,
    ]
)
_OFFSETS = np.array([BLACK_LUMA, GREY_CHROMA, GREY_CHROMA])
_TO_YUV = np.column_stack([_BGR_TO_YUV, _OFFSETS])
_YUV_TO_BGR = np.linalg.inv(_BGR_TO_YUV)
_TO_BGR = np.column_stack([_YUV_TO_BGR, -_YUV_TO_BGR @ _OFFSETS])


def to_yuv(bgr: Bytes | Floats) -> Floats:
    """Convert (height, width, 3) BGR of 0-255 to Y, Cb, Cr at full resolution, not rounded."""
    return np.asarray(cv2.transform(bgr.astype(np.float32, copy=False), _TO_YUV), np.float32)


def halve_chroma(plane: Floats) -> Floats:
    """Halve a full-resolution plane to 4:2:0, each sample on the left luma column of its pair."""
    rows = (plane[0::2] + plane[1::2]) / 2
    return np.asarray(
        cv2.sepFilter2D(rows, -1, np.array([0.25, 0.5, 0.25]), np.ones(1))[:, ::2], np.float32
    )


def split_planes(frame: Bytes) -> tuple[Bytes, Bytes, Bytes]:
    """Return views of a frame's planes: Y (height, width), U and V (height / 2, width / 2)."""
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    u, v = frame[height:].reshape(2, height // 2, width // 2)
    return frame[:height], u, v


def to_bgr(frame: Bytes) -> Bytes:
    """Convert a YUV 4:2:0 frame back to a (height, width, 3) BGR picture."""
    luma, *chroma = split_planes(frame)
    size = (luma.shape[1], luma.shape[0])
    planes = [luma, *(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in chroma)]
    bgr = cv2.transform(cv2.merge(planes).astype(np.float32), _TO_BGR)
    return np.asarray(np.clip(np.rint(bgr), 0, 255), np.uint8)
