import cv2
import numpy as np
import pytest

from tests.unit.renderer.golden import FOLDER, GOLDEN, draw_frame, find_golden

# Levels of 255; machines differ in the last bit of a rotation's weights, which is one level.
LARGEST_DIFFERENCE, MEAN_DIFFERENCE = 3, 0.25


@pytest.mark.parametrize(("name", "index"), GOLDEN)
def test_a_frame_looks_as_it_did(name: str, index: int) -> None:
    kept = cv2.imread(str(find_golden(name, index)))
    assert kept is not None
    difference = np.abs(draw_frame(name, index).astype(int) - kept)
    assert difference.max() <= LARGEST_DIFFERENCE
    assert difference.mean() <= MEAN_DIFFERENCE


def test_frames_that_are_kept_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 250_000
