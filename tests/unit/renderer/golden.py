"""Golden frames: how frames looked when somebody last approved them.

After a visible change, draw them again, look at them, and commit them: python -m
tests.unit.renderer.golden
"""

from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from renderer import FORMATS
from renderer.colour import Bytes, to_bgr
from renderer.loop_frames import compose_loop

FOLDER = Path(__file__).with_name("golden_frames")
GOLDEN = (("square", 0), ("square", 11), ("story", 0), ("wide", 0))
WIDTH_PX = 160  # small enough to keep; an edge half a pixel off still differs by 10 levels


def draw_frame(name: str, index: int) -> Bytes:
    """Return a frame before it is encoded, in BGR, `WIDTH_PX` wide."""
    spec = FORMATS[name]
    coarse = np.random.default_rng(20).integers(0, 256, (6, 6, 3)).astype(np.uint8)
    size = (spec.pet_size_px, spec.pet_size_px)
    photo = np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    frame = to_bgr(next(islice(compose_loop(photo, spec), index, None)))
    shown = cv2.resize(
        frame, (WIDTH_PX, WIDTH_PX * spec.height_px // spec.width_px), interpolation=cv2.INTER_AREA
    )
    return np.asarray(shown, np.uint8)


def find_golden(name: str, index: int) -> Path:
    """Return the path of a golden frame."""
    return FOLDER / f"{name}-{index}.png"


def main() -> None:
    """Draw all frames again."""
    FOLDER.mkdir(exist_ok=True)
    for name, index in GOLDEN:
        cv2.imwrite(str(find_golden(name, index)), draw_frame(name, index))


if __name__ == "__main__":
    main()
