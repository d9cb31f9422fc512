import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from renderer import AssetsMissing, assets
from renderer.layout import LAYOUTS

NAMES = (
    *(layout.background for layout in LAYOUTS),
    "1200x630-card.png",
    "736-x-736-record.png",
    "needle.png",
)


@pytest.fixture
def other_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the pictures that a test may damage."""
    for name in NAMES:
        shutil.copy(assets.FOLDER / name, tmp_path)
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    assets.load_assets.cache_clear()
    yield tmp_path
    assets.load_assets.cache_clear()


def repaint(path: Path) -> None:
    """Change one pixel."""
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    picture[300, 300] = 255 - picture[300, 300]
    cv2.imwrite(str(path), picture)


@pytest.mark.nightly
def test_the_script_draws_the_committed_pictures(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "renderer.drawing", str(tmp_path)], check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(NAMES)
    for name in NAMES:
        drawn = cv2.imread(str(tmp_path / name), cv2.IMREAD_UNCHANGED)
        kept = cv2.imread(str(assets.FOLDER / name), cv2.IMREAD_UNCHANGED)
        assert drawn is not None
        assert kept is not None
        assert drawn.shape == kept.shape
        # Mathematical libraries differ in their last digit between machines.
        assert np.abs(drawn.astype(int) - kept).mean() < 0.02


def test_pictures_are_small_enough_to_commit() -> None:
    assert sum((assets.FOLDER / name).stat().st_size for name in NAMES) < 2_000_000


@pytest.mark.fault(60)
@pytest.mark.parametrize("name", NAMES)
def test_a_missing_picture_is_named(name: str, other_folder: Path) -> None:
    (other_folder / name).unlink()
    with pytest.raises(AssetsMissing, match=f"{name}.*draw it again"):
        assets.load_assets()


@pytest.mark.fault(60)
def test_a_picture_of_another_size_is_refused(other_folder: Path) -> None:
    shutil.copy(other_folder / "needle.png", other_folder / "736-x-736-record.png")
    with pytest.raises(AssetsMissing, match="not 736x736 with 4 channels"):
        assets.load_assets()


def test_each_layout_has_its_background() -> None:
    backgrounds = assets.load_assets().backgrounds
    assert {layout.name: picture.shape for layout, picture in backgrounds.items()} == {
        "square": (1080, 1080, 3),
        "tall": (1920, 1080, 3),
        "wide": (1080, 1920, 3),
    }


def test_the_player_is_the_same_on_every_background() -> None:
    # Inside the body, without the corners, where petals lie.
    players = {
        layout.name: background[
            layout.spindle_y_px - 400 : layout.spindle_y_px + 400,
            layout.spindle_x_px - 480 : layout.spindle_x_px + 460,
        ].astype(int)
        for layout, background in assets.load_assets().backgrounds.items()
    }
    for name in ("tall", "wide"):
        assert np.abs(players["square"] - players[name]).mean() < 0.02, name


@pytest.mark.parametrize("name", NAMES)
def test_the_digests_change_with_each_picture_that_a_layout_shows(
    name: str, other_folder: Path
) -> None:
    before = assets.load_assets().digests
    assets.load_assets.cache_clear()
    repaint(other_folder / name)
    after = assets.load_assets().digests
    changed = {layout.background for layout in before if before[layout] != after[layout]}
    backgrounds = {layout.background for layout in before}
    shown_by_all = {"736-x-736-record.png", "needle.png"}
    assert changed == (backgrounds if name in shown_by_all else backgrounds & {name})


@pytest.mark.parametrize("picture", ["background", "record", "needle", "card"])
def test_pictures_are_never_written_to(picture: str) -> None:
    loaded = assets.load_assets()
    background = loaded.backgrounds[LAYOUTS[1]]
    pixels = background if picture == "background" else getattr(loaded, picture)
    with pytest.raises(ValueError, match="read-only"):
        pixels[0, 0] = 0
