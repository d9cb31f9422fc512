import cv2
import numpy as np
import pytest

from tests.unit.renderer.golden import FOLDER, GOLDEN, draw_frame, find_golden

# Levels of 255; machines differ by one level, the last bit of a rotation's weights.
LARGEST_DIFFERENCE, MEAN_DIFFERENCE = 3, 0.25


@pytest.mark.parametrize(("name", "index"), GOLDEN)
def test_a_frame_matches_its_golden_image(name: str, index: int) -> None:
    kept = cv2.imread(str(find_golden(name, index)))
    assert kept is not None
    difference = np.abs(draw_frame(name, index).astype(int) - kept)
    assert difference.max() <= LARGEST_DIFFERENCE
    assert difference.mean() <= MEAN_DIFFERENCE


def test_golden_images_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 250_000
