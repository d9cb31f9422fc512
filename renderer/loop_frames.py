"""Composes the frames of one clockwise rotation of a record.

Frame k is turned by exactly k equal parts of the circle, so the last frame leads into the first.
"""

import math
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import cv2
import numpy as np

from renderer.assets import load_assets
from renderer.colour import Bytes, Floats, split_planes, to_yuv
from renderer.cores import count_cores
from renderer.scene import Scene, build_scene
from renderer.spec import RenderSpec

# Frames are composed in parallel; threads inside a single warp only add cost.
cv2.setNumThreads(1)
_THREADS_AT_MOST = 4  # on large machines, parallel jobs use the cores better


class Record(NamedTuple):
    """A record seen from above, unrotated and read-only, at the scale of the canvas.

    Luma is (vinyl_size_px, vinyl_size_px); chroma has a third axis of Cb and Cr. Both are blurred
    to the detail that the video's size can show.
    """

    luma: Bytes
    chroma: Bytes


def compose_loop(photo: Bytes, spec: RenderSpec) -> Iterator[Bytes]:
    """Yield the frames of one rotation as new YUV 4:2:0 arrays (height * 3 / 2, width).

    `photo` is (pet_size_px, pet_size_px, 3) BGR, shown as a disc on the label.
    """
    return turn_record(convert_record(photo, spec), spec)


def convert_record(photo: Bytes, spec: RenderSpec) -> Record:
    """Lay the photo on the record and convert the result, once for all frames."""
    yuv = to_yuv(lay_photo_on_record(photo, spec))
    return Record(
        luma=_soften(yuv[..., 0], spec.scale),
        chroma=_soften(np.ascontiguousarray(yuv[..., 1:]), spec.scale / 2),
    )


def turn_record(record: Record, spec: RenderSpec) -> Iterator[Bytes]:
    """Yield the frames of one rotation; a few are composed ahead."""
    scene = build_scene(spec)

    def compose(index: int) -> Bytes:
        turn = 2 * math.pi * index / spec.frames_per_loop
        return _compose_frame(scene, record, turn, spec)

    threads = min(count_cores(), _THREADS_AT_MOST)
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[Bytes]] = deque()
        for index in range(spec.frames_per_loop):
            ahead.append(pool.submit(compose, index))
            if len(ahead) > 2 * threads:  # bounds the frames held in memory
                yield ahead.popleft().result()
        for frame in ahead:
            yield frame.result()


def _compose_frame(scene: Scene, record: Record, turn: float, spec: RenderSpec) -> Bytes:
    frame = scene.frame.copy()
    y, u, v = split_planes(frame)
    left, top, side = scene.left, scene.top, scene.side
    # Chroma samples sit on the left luma sample of a pair and between its two rows.
    luma_grid = _Grid(left + 0.5, top + 0.5, step=1, side=side)
    chroma_grid = _Grid(left + 0.5, top + 1.0, step=2, side=side // 2)
    y[top : top + side, left : left + side] = _multiply_add(
        _turn(record.luma, turn, luma_grid, spec), scene.luma_gain, scene.luma_offset
    )
    shown = _multiply_add(
        _turn(record.chroma, turn, chroma_grid, spec), scene.chroma_gain, scene.chroma_offset
    )
    rows = slice(top // 2, top // 2 + side // 2)
    columns = slice(left // 2, left // 2 + side // 2)
    u[rows, columns], v[rows, columns] = shown[..., 0], shown[..., 1]
    return frame


class _Grid(NamedTuple):
    """side x side samples of a video plane: the first at (x, y) in video pixels, `step` apart."""

    x: float
    y: float
    step: int
    side: int


def _turn(plane: Bytes, turn: float, grid: _Grid, spec: RenderSpec) -> Bytes:
    """Sample `plane`, the picture of the record turned clockwise by `turn`, on the grid.

    The matrix maps a sample to the canvas, rotates it back around the spindle and finds it in the
    picture.
    """
    cos, sin = math.cos(turn), math.sin(turn)
    turn_back = np.array([[cos, sin], [-sin, cos]])
    spindle = (spec.layout.spindle_x_px, spec.layout.spindle_y_px)
    first = np.array([grid.x, grid.y]) / spec.scale - spindle
    centre = np.array([plane.shape[1], plane.shape[0]]) / 2 - 0.5
    matrix = np.column_stack([turn_back * (grid.step / spec.scale), turn_back @ first + centre])
    turned = cv2.warpAffine(
        plane,
        matrix,
        (grid.side, grid.side),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(turned, np.uint8)


def _multiply_add(plane: Bytes, gain: Floats, offset: Floats) -> Bytes:
    product = cv2.multiply(plane, gain, dtype=cv2.CV_32F)
    return np.asarray(cv2.add(product, offset, dtype=cv2.CV_8U), np.uint8)


def lay_photo_on_record(photo: Bytes, spec: RenderSpec) -> Floats:
    """The record's square in BGR, with the photo as an anti-aliased disc in the middle."""
    size = (spec.vinyl_size_px, spec.vinyl_size_px)
    picture = load_assets().record[..., :3].astype(np.float32)
    record = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    margin = (spec.vinyl_size_px - spec.pet_size_px) // 2
    square = (slice(margin, margin + spec.pet_size_px),) * 2
    axis = np.arange(spec.pet_size_px, dtype=np.float32) + 0.5 - spec.pet_size_px / 2
    distance = np.hypot(axis[None, :], axis[:, None])
    coverage = np.clip(spec.pet_size_px / 2 - distance + 0.5, 0, 1)[..., None]
    record[square] += (photo - record[square]) * coverage
    return np.asarray(record, np.float32)


def _soften(plane: Floats, scale: float) -> Bytes:
    """Blur detail too fine for `scale`, which would flicker, and round to bytes."""
    if scale < 1:
        sigma = 0.5 * math.sqrt(1 / scale**2 - 1)
        plane = np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)
    return np.asarray(np.clip(np.rint(plane), 0, 255), np.uint8)
