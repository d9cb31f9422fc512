"""Where things are in the picture, whatever its shape and size."""

import numpy as np
import pytest
from numpy.typing import NDArray

from renderer import FORMATS, RenderSpec
from renderer.colour import Bytes, split_planes
from renderer.loop_frames import convert_record, turn_record
from renderer.scene import build_scene

STORY = FORMATS["story"]
SPECS = {
    "story": STORY,
    "small story": RenderSpec(width_px=360, height_px=640),
    "hd": FORMATS["hd"],
    "wide": FORMATS["wide"],
    "small wide": RenderSpec(width_px=640, height_px=360),
    "odd square": RenderSpec(width_px=250, height_px=250),
    "vinyl to the edge": RenderSpec(vinyl_size_px=1080),
    "tall vinyl to the edge": RenderSpec(width_px=360, height_px=640, vinyl_size_px=1080),
    "small pet": RenderSpec(pet_size_px=121, vinyl_size_px=735),
}
SPINDLES = {"story": (540, 888), "small story": (180, 296), "hd": (540, 540), "wide": (960, 540)}


def compose(photo: Bytes, spec: RenderSpec, *, only: set[int]) -> list[NDArray[np.float64]]:
    """Return the luma of some frames."""
    frames = turn_record(convert_record(photo, spec), spec)
    return [
        split_planes(frame)[0].astype(float) for index, frame in enumerate(frames) if index in only
    ]


def paint(spec: RenderSpec, level: int) -> Bytes:
    return np.full((spec.pet_size_px, spec.pet_size_px, 3), level, np.uint8)


@pytest.mark.parametrize("name", SPECS)
def test_the_photo_turns_around_the_spindle(name: str) -> None:
    spec = SPECS[name]
    wanted = {0, spec.frames_per_loop * 11 // 45}
    whites = compose(paint(spec, 255), spec, only=wanted)
    blacks = compose(paint(spec, 0), spec, only=wanted)
    centre_x, centre_y = (
        spec.layout.spindle_x_px * spec.scale,
        spec.layout.spindle_y_px * spec.scale,
    )
    assert SPINDLES.get(name, (centre_x, centre_y)) == (centre_x, centre_y)
    y, x = np.mgrid[: spec.height_px, : spec.width_px] + 0.5
    for white, black in zip(whites, blacks, strict=True):
        disc = white - black
        assert (disc * x).sum() / disc.sum() == pytest.approx(centre_x, abs=0.25)
        assert (disc * y).sum() / disc.sum() == pytest.approx(centre_y, abs=0.25)
        radius = spec.pet_size_px * spec.scale / 2
        assert disc.sum() / 219 == pytest.approx(np.pi * radius**2, rel=0.01)
        assert disc[np.hypot(x - centre_x, y - centre_y) > radius + 2].max() <= 2


@pytest.mark.parametrize("name", SPECS)
def test_only_the_record_moves(name: str) -> None:
    spec = SPECS[name]
    scene = build_scene(spec)
    reach = spec.vinyl_size_px * spec.scale / 2
    x, y = spec.layout.spindle_x_px * spec.scale, spec.layout.spindle_y_px * spec.scale
    assert scene.left <= x - reach < scene.left + 2
    assert scene.top <= y - reach < scene.top + 2
    assert max(x, y) + reach <= max(scene.left, scene.top) + scene.side
    assert scene.left + scene.side <= spec.width_px
    assert scene.top + scene.side <= spec.height_px

    side = spec.pet_size_px
    photo = np.random.default_rng(3).integers(0, 256, (side, side, 3)).astype(np.uint8)
    wanted = {0, spec.frames_per_loop // 4, spec.frames_per_loop // 2}
    moves = np.ptp(np.stack(compose(photo, spec, only=wanted)), axis=0)
    rows, columns = np.mgrid[: spec.height_px, : spec.width_px] + 0.5
    distance = np.hypot(columns - x, rows - y)
    assert moves[distance < spec.pet_size_px * spec.scale / 2].mean() > 5
    assert moves[distance > reach + 2].max(initial=0) == 0
