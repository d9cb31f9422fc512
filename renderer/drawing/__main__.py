"""`python -m renderer.drawing [FOLDER] [NAME...]` draws the pictures again."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from renderer.drawing.brush import Picture
from renderer.drawing.player import draw_card, draw_square, draw_story
from renderer.drawing.record import draw_record
from renderer.drawing.tonearm import draw_needle

PICTURES: Mapping[str, tuple[Callable[[], Picture], bool]] = {
    "1080x1080-bg.png": (draw_square, False),
    "1080x1920-bg.png": (draw_story, False),
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
