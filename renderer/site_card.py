"""`python -m renderer.site_card [FILE]` draws the preview image for links to the site itself.

It is the card of a song, with a heart on the record's label instead of a pet.
"""

import sys
from pathlib import Path

import cv2
import numpy as np

from renderer.card import CARD_PHOTO_PX, lay_player, write_text
from renderer.colour import Bytes
from renderer.drawing.brush import PAPER, RASPBERRY, fill, heart
from renderer.jobs import CardText

CARD = Path(__file__).parents[1] / "client" / "public" / "card.jpg"
TEXT = CardText(
    title="A love song for",
    pet_name="your pet",
    sender="from",
    owner_name="you",
    unnamed_pet="your pet",
)
_HEART_PX = 118.0
_JPEG_QUALITY = 84


def draw_site_card() -> Bytes:
    """The picture, (630, 1200, 3) BGR, the same each time."""
    picture = lay_player(_draw_label())
    write_text(picture, TEXT)
    return picture


def _draw_label() -> Bytes:
    from_middle = np.arange(CARD_PHOTO_PX) + 0.5 - CARD_PHOTO_PX / 2
    x, y = np.meshgrid(from_middle, from_middle)
    ink = fill(heart(x, y, _HEART_PX))[..., None]
    rgb = np.multiply(PAPER, 1 - ink) + np.multiply(RASPBERRY, ink)
    return np.ascontiguousarray(np.rint(rgb[..., ::-1]).astype(np.uint8))


if __name__ == "__main__":
    out = sys.argv[1] if len(sys.argv) > 1 else str(CARD)
    cv2.imwrite(out, draw_site_card(), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
