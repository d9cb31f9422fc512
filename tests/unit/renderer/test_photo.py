from pathlib import Path

import cv2
import numpy as np
import pytest

from renderer.photo import decode_photo, read_photo

UPRIGHT, SIX = 1, 6  # EXIF orientations; 6 is a camera held upright


def write_with_orientation(path: Path, picture: np.ndarray, orientation: int) -> None:
    is_encoded, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])
    assert is_encoded
    entry = b"\x01\x12\x00\x03\x00\x00\x00\x01" + orientation.to_bytes(2, "big") + b"\x00\x00"
    exif = b"Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01" + entry + b"\x00\x00\x00\x00"
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    path.write_bytes(jpeg.tobytes()[:2] + segment + jpeg.tobytes()[2:])


def read(path: Path, size_px: int = 360) -> np.ndarray:
    return decode_photo(read_photo(path), path, size_px)


@pytest.mark.parametrize(("orientation", "bright"), [(UPRIGHT, "left"), (SIX, "top")])
def test_a_photo_is_turned_upright(orientation: int, bright: str, tmp_path: Path) -> None:
    picture = np.zeros((400, 400, 3), np.uint8)
    picture[:, :200] = 220
    write_with_orientation(tmp_path / "pet.jpg", picture, orientation)
    shown = read(tmp_path / "pet.jpg").astype(int)
    halves = {"left": shown[:, :180], "top": shown[:180]}
    others = {"left": shown[:, 180:], "top": shown[180:]}
    assert halves[bright].mean() > others[bright].mean() + 150


@pytest.mark.parametrize("size", [(900, 500), (500, 900), (30, 20)])
def test_a_photo_is_cropped_to_its_middle(size: tuple[int, int], tmp_path: Path) -> None:
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    cv2.circle(picture, (size[0] // 2, size[1] // 2), min(size) // 4, (255, 255, 255), -1)
    cv2.imwrite(str(tmp_path / "pet.png"), picture)
    shown = read(tmp_path / "pet.png")
    assert shown.shape == (360, 360, 3)
    y, x = np.mgrid[:360, :360] - 179.5
    weight = shown[..., 0] / shown[..., 0].sum()
    assert abs((weight * x).sum()) < 10
    assert abs((weight * y).sum()) < 10


@pytest.mark.parametrize("shape", [(400, 400), (400, 400, 4)])
def test_grey_and_transparent_photos_are_shown(shape: tuple[int, ...], tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "pet.png"), np.full(shape, 200, np.uint8))
    assert read(tmp_path / "pet.png").mean() == pytest.approx(200, abs=1)
