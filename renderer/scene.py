"""Folds everything static - background, lamp, needle - into a gain and an offset.

A video frame is `gain * turning record + offset`, because laying one picture over another is linear
in each. So a frame costs one rotation and one multiply-add, however much is static.
"""

import math
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from renderer.assets import load_assets
from renderer.colour import (
    BLACK_LUMA,
    GREY_CHROMA,
    Bytes,
    Floats,
    halve_chroma,
    split_planes,
    to_yuv,
)
from renderer.layout import PLAYER_PX
from renderer.light import light_vinyl
from renderer.spec import RenderSpec


@dataclass(frozen=True, slots=True)
class Scene:
    """The static part of a video, in the encoder's pixel format and read-only.

    `frame` is a whole YUV 4:2:0 frame without the record's part. The others cover the square of
    `side` pixels from (`left`, `top`) in which the record turns: luma (side, side), chroma (side /
    2, side / 2, 2). All three are even.
    """

    frame: Bytes
    left: int
    top: int
    side: int
    luma_gain: Floats
    luma_offset: Floats
    chroma_gain: Floats
    chroma_offset: Floats


@cache
def build_scene(spec: RenderSpec) -> Scene:
    """Fold the assets for `spec`; cached for all jobs of the process."""
    gain, offset = _fold(spec)
    yuv = to_yuv(offset)
    luma = yuv[..., 0] - BLACK_LUMA * gain
    gain_halved = halve_chroma(gain)[..., None]
    chroma = np.stack([halve_chroma(yuv[..., 1]), halve_chroma(yuv[..., 2])], axis=2)

    x, y = spec.layout.spindle_x_px * spec.scale, spec.layout.spindle_y_px * spec.scale
    reach_px = spec.vinyl_size_px * spec.scale / 2
    left, top = _round_down_to_even(x - reach_px), _round_down_to_even(y - reach_px)
    side = -_round_down_to_even(-max(x + reach_px - left, y + reach_px - top))
    square = (slice(top, top + side), slice(left, left + side))
    halved = (
        slice(top // 2, (top + side) // 2),
        slice(left // 2, (left + side) // 2),
    )
    scene = Scene(
        frame=_store(yuv[..., 0], chroma),
        left=left,
        top=top,
        side=side,
        luma_gain=gain[square].copy(),
        luma_offset=luma[square].copy(),
        chroma_gain=np.repeat(gain_halved[halved], 2, axis=2),
        chroma_offset=(chroma - GREY_CHROMA * gain_halved)[halved].copy(),
    )
    for plane in (scene.luma_gain, scene.luma_offset, scene.chroma_gain, scene.chroma_offset):
        plane.setflags(write=False)
    scene.frame.setflags(write=False)
    return scene


def _fold(spec: RenderSpec) -> tuple[Floats, Floats]:
    """Gain (height, width) and offset (height, width, 3) BGR at the video's size."""
    assets = load_assets()
    light, glow = light_vinyl(spec.vinyl_size_px)
    vinyl = (spec.vinyl_size_px, spec.vinyl_size_px)
    record_alpha = cv2.resize(
        assets.record[..., 3].astype(np.float32) / 255, vinyl, interpolation=cv2.INTER_AREA
    )
    under_record = _square_at_spindle(spec.vinyl_size_px, spec)

    offset = assets.backgrounds[spec.layout].astype(np.float32)
    offset[under_record] *= (1 - record_alpha)[..., None]
    offset[under_record] += glow * record_alpha[..., None]
    gain = np.zeros(offset.shape[:2], np.float32)
    gain[under_record] = light * record_alpha

    under_needle = _square_at_spindle(PLAYER_PX, spec)
    needle_alpha = assets.needle[..., 3].astype(np.float32) / 255
    gain[under_needle] *= 1 - needle_alpha
    offset[under_needle] *= (1 - needle_alpha)[..., None]
    offset[under_needle] += assets.needle[..., :3] * needle_alpha[..., None]

    if spec.scale == 1:
        return gain, offset
    size = (spec.width_px, spec.height_px)
    interpolation = cv2.INTER_AREA if spec.scale < 1 else cv2.INTER_CUBIC
    return (
        np.asarray(cv2.resize(gain, size, interpolation=interpolation), np.float32),
        np.asarray(cv2.resize(offset, size, interpolation=interpolation), np.float32),
    )


def _square_at_spindle(side_px: int, spec: RenderSpec) -> tuple[slice, slice]:
    """The rows and columns of the canvas covered by a picture centred on the spindle."""
    top = spec.layout.spindle_y_px - side_px // 2
    left = spec.layout.spindle_x_px - side_px // 2
    return slice(top, top + side_px), slice(left, left + side_px)


def _round_down_to_even(length_px: float) -> int:
    return math.floor(length_px / 2) * 2


def _store(luma: Floats, chroma: Floats) -> Bytes:
    """Round full planes into one frame."""
    height, width = luma.shape
    frame = np.empty((height * 3 // 2, width), np.uint8)
    planes = (luma, chroma[..., 0], chroma[..., 1])
    for target, plane in zip(split_planes(frame), planes, strict=True):
        target[:] = np.clip(np.rint(plane), 0, 255)
    return frame
