"""The pictures drawn by `renderer.drawing`, read once per process and read-only."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from renderer.colour import Bytes
from renderer.errors import AssetsMissing
from renderer.layout import LAYOUTS, PLAYER_PX, Layout

FOLDER = Path(__file__).with_name("assets")


@dataclass(frozen=True, slots=True)
class Assets:
    """Pictures: backgrounds and card in BGR, record and needle in BGRA with straight alpha.

    `digests` identifies the pictures that appear in a video of each layout.
    """

    backgrounds: Mapping[Layout, Bytes]
    record: Bytes
    needle: Bytes
    card: Bytes
    digests: Mapping[Layout, bytes]


@cache
def load_assets() -> Assets:
    """Read the pictures; raises `AssetsMissing` naming a file that is missing or wrong."""
    backgrounds = {
        layout: _read(layout.background, (layout.height_px, layout.width_px, 3))
        for layout in LAYOUTS
    }
    record = _read("736-x-736-record.png", (736, 736, 4))
    needle = _read("needle.png", (PLAYER_PX, PLAYER_PX, 4))
    card = _read("1200x630-card.png", (630, 1200, 3))
    moving = hashlib.sha256(record.tobytes() + needle.tobytes()).digest()
    digests = {
        layout: hashlib.sha256(moving + background.tobytes()).digest()
        for layout, background in backgrounds.items()
    }
    return Assets(backgrounds, record, needle, card, digests)


def _read(name: str, shape: tuple[int, int, int]) -> Bytes:
    path = FOLDER / name
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) if path.is_file() else None
    if picture is None or picture.shape != shape:
        raise AssetsMissing(
            f"{path} is missing or not {shape[1]}x{shape[0]} with {shape[2]} channels; "
            "draw it again with: python -m renderer.drawing"
        )
    pixels = np.asarray(picture, np.uint8)
    pixels.setflags(write=False)
    return pixels
