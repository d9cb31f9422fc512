from itertools import pairwise

import numpy as np
import pytest

from renderer import RenderSpec
from renderer.colour import Bytes, halve_chroma, split_planes
from renderer.colour import to_bgr as own_to_bgr
from renderer.loop_frames import compose_loop
from tests.unit.renderer.media import to_bgr

SPEC = RenderSpec()
CENTRE = SPEC.width_px // 2
COLOURS = [(0, 0, 0), (255, 255, 255), (0, 0, 255), (0, 255, 0), (255, 0, 0), (34, 54, 145)]


def compose(photo: Bytes) -> list[Bytes]:
    return list(compose_loop(photo, SPEC))


def paint(colour: tuple[int, int, int] = (90, 90, 90)) -> Bytes:
    return np.full((SPEC.pet_size_px, SPEC.pet_size_px, 3), colour, np.uint8)


def find_spot(frame: Bytes) -> tuple[float, float]:
    """Return the spot's position relative to the spindle in pixels, x right and y down."""
    luma = split_planes(frame)[0].astype(float)
    y, x = np.mgrid[: SPEC.width_px, : SPEC.width_px] + 0.5 - CENTRE
    weight = np.where(np.hypot(x, y) < 110, np.maximum(luma - 150, 0), 0)
    return float((x * weight).sum() / weight.sum()), float((y * weight).sum() / weight.sum())


@pytest.fixture(scope="module")
def marked() -> list[Bytes]:
    photo = paint()
    photo[40:80, 160:200] = 255  # twelve o'clock, symmetric about the vertical axis
    return compose(photo)


@pytest.mark.parametrize("colour", COLOURS)
def test_a_colour_on_the_photo_comes_back(colour: tuple[int, int, int]) -> None:
    for frame in compose(paint(colour))[::11]:
        shown = to_bgr(frame)[CENTRE - 60 : CENTRE + 60, CENTRE - 60 : CENTRE + 60]
        assert np.abs(shown.astype(int) - colour).max() <= 2


def test_the_poster_shows_what_players_show(marked: list[Bytes]) -> None:
    difference = np.abs(own_to_bgr(marked[0]).astype(int) - to_bgr(marked[0]))
    assert difference.mean() < 2  # FFmpeg rounds down in its fast path


def test_frames_turn_clockwise_by_exact_angles(marked: list[Bytes]) -> None:
    assert len(marked) == SPEC.frames_per_loop
    for index, frame in enumerate(marked):
        x, y = find_spot(frame)
        expected = 2 * np.pi * index / SPEC.frames_per_loop
        assert np.hypot(x, y) == pytest.approx(80, abs=1)
        turned = np.arctan2(x, -y) - expected  # clockwise from twelve o'clock
        assert abs((turned + np.pi) % (2 * np.pi) - np.pi) * 80 < 0.25  # pixels on the arc


def test_the_last_frame_leads_into_the_first(marked: list[Bytes]) -> None:
    planes = [split_planes(frame)[0].astype(int) for frame in marked]
    steps = [np.abs(after - before).mean() for before, after in pairwise(planes)]
    seam = np.abs(planes[0] - planes[-1]).mean()
    assert min(steps) * 0.8 < seam < max(steps) * 1.2


def test_the_photo_is_centred_to_a_quarter_pixel() -> None:
    white = split_planes(compose(paint((255, 255, 255)))[7])[0].astype(float)
    black = split_planes(compose(paint((0, 0, 0)))[7])[0].astype(float)
    disc = white - black
    y, x = np.mgrid[: SPEC.width_px, : SPEC.width_px] + 0.5 - CENTRE
    assert abs((disc * x).sum() / disc.sum()) < 0.25
    assert abs((disc * y).sum() / disc.sum()) < 0.25
    assert disc.sum() / 219 == pytest.approx(np.pi * 120**2, rel=0.005)


def test_the_photos_edge_is_smooth() -> None:
    white = split_planes(compose(paint((255, 255, 255)))[3])[0].astype(int)
    black = split_planes(compose(paint((0, 0, 0)))[3])[0].astype(int)
    edge = (white - black)[CENTRE, CENTRE + 112 : CENTRE + 128]
    between = edge[(edge > 10) & (edge < 209)]
    assert 1 <= between.size <= 4
    assert (np.diff(edge) <= 1).all()


def test_needle_background_and_lamp_stand_still(marked: list[Bytes]) -> None:
    luma = np.stack([split_planes(frame)[0] for frame in marked]).astype(int)
    moves = luma.max(0) - luma.min(0)
    y, x = np.mgrid[: SPEC.width_px, : SPEC.width_px] + 0.5 - CENTRE
    assert moves[np.hypot(x, y) > 246].max() == 0  # player and bearing
    assert moves[478:500, 540:546].max() == 0  # the headshell, above the grooves
    vinyl = (np.hypot(x, y) > 160) & (np.hypot(x, y) < 236)
    lit = vinyl & (np.abs(np.arctan2(y, x) - np.deg2rad(-122)) < 0.15)
    unlit = vinyl & (np.abs(np.arctan2(y, x) - np.deg2rad(170)) < 0.15)
    for frame in luma[::9]:
        assert frame[lit].mean() > frame[unlit].mean() + 15
    assert moves[lit].mean() > 3  # while the grooves turn beneath it


def test_chroma_sits_on_the_left_luma_sample() -> None:
    columns = np.tile(np.arange(8, dtype=np.float32), (4, 1))
    assert halve_chroma(columns)[0, 1:].tolist() == [2.0, 4.0, 6.0]


def test_any_even_size_and_whole_rotation_is_composed() -> None:
    spec = RenderSpec(width_px=250, height_px=250, fps=4, rpm=20)
    frames = list(compose_loop(paint(), spec))
    assert [frame.shape for frame in frames] == [(375, 250)] * 12
