import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from renderer import AssetsMissing, assets, check_assets

NAMES = ("1080x1080-bg.png", "736-x-736-record.png", "needle.png")


@pytest.fixture
def other_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the pictures that a test may break."""
    for name in NAMES:
        shutil.copy(assets.FOLDER / name, tmp_path)
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    assets.load_assets.cache_clear()
    yield tmp_path
    assets.load_assets.cache_clear()


def test_the_script_draws_the_pictures_that_are_kept(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(assets.FOLDER / "draw.py"), str(tmp_path)], check=True)
    for name in NAMES:
        drawn = cv2.imread(str(tmp_path / name), cv2.IMREAD_UNCHANGED)
        kept = cv2.imread(str(assets.FOLDER / name), cv2.IMREAD_UNCHANGED)
        assert drawn is not None
        assert kept is not None
        assert drawn.shape == kept.shape
        # Mathematical libraries differ in their last digit from one machine to the next.
        assert np.abs(drawn.astype(int) - kept).mean() < 0.02


def test_pictures_are_small_enough_to_keep() -> None:
    assert sum((assets.FOLDER / name).stat().st_size for name in NAMES) < 1_000_000


@pytest.mark.parametrize("name", NAMES)
def test_row_60_a_missing_picture_is_named(name: str, other_folder: Path) -> None:
    (other_folder / name).unlink()
    with pytest.raises(AssetsMissing, match=f"{name}.*draw it again"):
        check_assets()


def test_row_60_a_picture_of_another_size_is_refused(other_folder: Path) -> None:
    shutil.copy(other_folder / "needle.png", other_folder / "736-x-736-record.png")
    with pytest.raises(AssetsMissing, match="not 736x736 with 4 channels"):
        check_assets()


def test_pictures_are_never_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        assets.load_assets().backgrounds[1080][0, 0] = 0
