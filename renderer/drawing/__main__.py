"""`python -m renderer.drawing [FOLDER] [NAME...]` draws the pictures again."""

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from renderer.drawing.brush import Picture
from renderer.drawing.player import draw_background, draw_card
from renderer.drawing.record import draw_record
from renderer.drawing.tonearm import draw_needle
from renderer.layout import LAYOUTS

PICTURES: Mapping[str, tuple[Callable[[], Picture], bool]] = {
    **{layout.background: (partial(draw_background, layout), False) for layout in LAYOUTS},
    "1200x630-card.png": (draw_card, False),
    "736-x-736-record.png": (draw_record, True),
    "needle.png": (draw_needle, True),
}


def draw(folder: Path, names: list[str]) -> None:
    """Write the named pictures into `folder`."""
    for name in names:
        draw_picture, has_alpha = PICTURES[name]
        draw_picture().save(folder / name, has_alpha=has_alpha)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "assets"
    draw(folder, sys.argv[2:] or list(PICTURES))
