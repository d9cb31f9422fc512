"""One clockwise rotation of a pet's record, frame by frame.

Frame k is turned by exactly k whole parts of the circle, so the last frame leads into the first.
"""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from renderer.assets import load_assets
from renderer.colour import Bytes, Floats, split_planes, to_yuv
from renderer.cores import count_cores
from renderer.scene import Scene, build_scene
from renderer.spec import CANVAS_PX, RenderSpec

# Frames are composed side by side; threads inside one warp would only cost.
cv2.setNumThreads(1)
_THREADS_AT_MOST = 4  # on a large machine, jobs side by side use the cores better


def compose_cycle(photo: Bytes, spec: RenderSpec) -> Iterator[Bytes]:
    """Yield the frames of one rotation as new YUV 4:2:0 arrays (size * 3 / 2, size).

    `photo` is (pet_size_px, pet_size_px, 3) BGR, shown as a disc on the label.
    """
    scene = build_scene(spec)
    yuv = to_yuv(_lay_photo_on_record(photo, spec))
    luma = _soften(yuv[..., 0], spec.scale)
    chroma = _soften(np.ascontiguousarray(yuv[..., 1:]), spec.scale / 2)

    def compose(index: int) -> Bytes:
        turn = 2 * math.pi * index / spec.frames_per_cycle
        return _compose_frame(scene, luma, chroma, turn, spec)

    with ThreadPoolExecutor(min(count_cores(), _THREADS_AT_MOST)) as pool:
        yield from pool.map(compose, range(spec.frames_per_cycle))


def _compose_frame(
    scene: Scene, luma: Bytes, chroma: Bytes, turn: float, spec: RenderSpec
) -> Bytes:
    frame = scene.frame.copy()
    y, u, v = split_planes(frame)
    start, side = scene.start, scene.side
    # Chroma samples sit on the left luma sample of a pair and between its two rows.
    turned_luma = _turn(luma, turn, spec, start, side, step=1, sample=(0.5, 0.5))
    turned_chroma = _turn(chroma, turn, spec, start, side // 2, step=2, sample=(0.5, 1.0))
    y[start : start + side, start : start + side] = _multiply_add(
        turned_luma, scene.luma_gain, scene.luma_offset
    )
    shown = _multiply_add(turned_chroma, scene.chroma_gain, scene.chroma_offset)
    halved = slice(start // 2, start // 2 + side // 2)
    u[halved, halved], v[halved, halved] = shown[..., 0], shown[..., 1]
    return frame


def _turn(
    plane: Bytes,
    turn: float,
    spec: RenderSpec,
    start: int,
    side: int,
    *,
    step: int,
    sample: tuple[float, float],
) -> Bytes:
    """Sample `plane`, turned clockwise by `turn`, for the square at `start` of the film.

    Film pixel (i, j) lies at `step * i + sample` in film coordinates; the matrix takes it to the
    canvas, turns it back around the spindle and finds it on the record's own picture.
    """
    cos, sin = math.cos(turn), math.sin(turn)
    turn_back = np.array([[cos, sin], [-sin, cos]])
    first = (start + np.array(sample)) / spec.scale - CANVAS_PX / 2
    centre = np.array([plane.shape[1], plane.shape[0]]) / 2 - 0.5
    matrix = np.column_stack([turn_back * (step / spec.scale), turn_back @ first + centre])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    turned = cv2.warpAffine(
        plane, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(turned, np.uint8)


def _multiply_add(plane: Bytes, gain: Floats, offset: Floats) -> Bytes:
    product = cv2.multiply(plane, gain, dtype=cv2.CV_32F)
    return np.asarray(cv2.add(product, offset, dtype=cv2.CV_8U), np.uint8)


def _lay_photo_on_record(photo: Bytes, spec: RenderSpec) -> Floats:
    """Return the record's square in BGR with the photo as an anti-aliased disc in its middle."""
    size = (spec.vinyl_size_px, spec.vinyl_size_px)
    record = cv2.resize(load_assets().record[..., :3], size, interpolation=cv2.INTER_AREA)
    margin = (spec.vinyl_size_px - spec.pet_size_px) // 2
    square = (slice(margin, margin + spec.pet_size_px),) * 2
    axis = np.arange(spec.pet_size_px, dtype=np.float32) + 0.5 - spec.pet_size_px / 2
    distance = np.hypot(axis[None, :], axis[:, None])
    coverage = np.clip(spec.pet_size_px / 2 - distance + 0.5, 0, 1)[..., None]
    record[square] += (photo - record[square]) * coverage
    return np.asarray(record, np.float32)


def _soften(plane: Floats, scale: float) -> Bytes:
    """Round to bytes after taking away what is too fine for `scale`, or it would flicker."""
    if scale < 1:
        sigma = 0.5 * math.sqrt(1 / scale**2 - 1)
        plane = np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)
    return np.asarray(np.clip(np.rint(plane), 0, 255), np.uint8)
