"""Draws the preview image for links to a song: the record and the two names.

Apps show it as small as 300 px wide, so there is little text and it is large. Names that the fonts
cannot render are left out rather than shown wrong.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from renderer.assets import load_assets
from renderer.colour import Bytes, Floats
from renderer.jobs import CardJob, CardReport, CardText
from renderer.layout import PLAYER_PX
from renderer.lettering import Block, Style, fit_block, is_settable
from renderer.light import light_vinyl
from renderer.loop_frames import lay_photo_on_record
from renderer.output import replace_file
from renderer.photo import decode_photo, read_photo
from renderer.spec import RenderSpec
from renderer.timings import Timings

# The player's position in `renderer.drawing`'s card, in pixels of the card.
_SPINDLE = (320, 315)
_SCALE = 0.68
CARD_PHOTO_PX = 244
_RECORD = RenderSpec(vinyl_size_px=500, pet_size_px=CARD_PHOTO_PX)

_TEXT_LEFT, _TEXT_RIGHT, _TEXT_TOP, _TEXT_BOTTOM = 708, 1152, 60, 520
_CREAM, _ROSE = (228, 242, 255), (176, 186, 246)
_LINE = Style("italic", 400, _ROSE, largest_px=46, smallest_px=40)
_PET = Style("sans", 700, _CREAM, largest_px=108, smallest_px=48, leading=1.1)
_OWNER = Style("sans", 500, _CREAM, largest_px=60, smallest_px=40)
_PET_HEIGHT_PX, _OWNER_HEIGHT_PX = 224, 96
_GAP_PX, _LINE_GAP_PX = 24, 10

_JPEG_QUALITY = 88


def draw_card(job: CardJob) -> CardReport:
    """Draw `job.out`, a JPEG of 1200x630; raises `RenderError` and then leaves nothing behind."""
    timings = Timings()
    with timings.measure("photo"):
        photo = decode_photo(read_photo(job.photo), job.photo, CARD_PHOTO_PX)
    with timings.measure("compose"):
        picture = lay_player(photo)
    with timings.measure("letters"):
        write_text(picture, job.text)
    with timings.measure("write"), replace_file(job.out) as part:
        encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
        part.write_bytes(encoded.tobytes())
    return CardReport(size_bytes=encoded.size, timings=dict(timings))


def lay_player(photo: Bytes) -> Bytes:
    """The card without names: (630, 1200, 3) BGR, with record, light and needle.

    `photo` is a BGR square of `CARD_PHOTO_PX`.
    """
    assets = load_assets()
    size_px = _RECORD.vinyl_size_px
    gain, glow = light_vinyl(size_px)
    record = lay_photo_on_record(photo, _RECORD) * gain[..., None] + glow
    opacity = _shrink(assets.record[..., 3] / 255, size_px)
    picture = assets.card.astype(np.float32)
    _lay(picture, record * opacity[..., None], opacity)

    needle_opacity = assets.needle[..., 3:] / 255
    layers = np.dstack([assets.needle[..., :3] * needle_opacity, needle_opacity])
    needle = _shrink(layers, round(PLAYER_PX * _SCALE / 2) * 2)
    _lay(picture, needle[..., :3], needle[..., 3])
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _shrink(layers: NDArray[np.floating[Any]], size_px: int) -> Floats:
    small = cv2.resize(layers, (size_px, size_px), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _lay(picture: Floats, premultiplied: Floats, opacity: Floats) -> None:
    """Lay a square, centred on the spindle, over the visible part of the picture."""
    half = opacity.shape[0] // 2
    left, top = _SPINDLE[0] - half, _SPINDLE[1] - half
    shown = np.s_[max(0, -top) : picture.shape[0] - top, max(0, -left) :]
    under = picture[max(0, top) : top + 2 * half, max(0, left) : left + 2 * half]
    under *= 1 - opacity[shown][..., None]
    under += premultiplied[shown]


def write_text(picture: Bytes, text: CardText) -> None:
    """Write the lines as one block, vertically centred on the free cloth."""
    blocks = _set_lines(text)
    height_px = sum(block.height_px for block, _ in blocks) + sum(gap for _, gap in blocks)
    y = (_TEXT_TOP + _TEXT_BOTTOM - height_px) // 2
    for block, gap_px in blocks:
        y += gap_px
        block.write(picture, _TEXT_LEFT, y)
        y += block.height_px


def _set_lines(text: CardText) -> list[tuple[Block, int]]:
    """Return each block with the gap above it."""
    width_px = _TEXT_RIGHT - _TEXT_LEFT

    def fit(line: str, style: Style, height_px: int) -> Block:
        return fit_block(line, style, width_px, height_px)

    shown_pet = text.pet_name if is_settable(text.pet_name) else text.unnamed_pet
    blocks = [
        (fit(text.title, _LINE, _OWNER_HEIGHT_PX), 0),
        (fit(shown_pet, _PET, _PET_HEIGHT_PX), _LINE_GAP_PX),
    ]
    if is_settable(text.owner_name):
        blocks += [
            (fit(text.sender, _LINE, _OWNER_HEIGHT_PX), _GAP_PX),
            (fit(text.owner_name, _OWNER, _OWNER_HEIGHT_PX), _LINE_GAP_PX // 2),
        ]
    return blocks
