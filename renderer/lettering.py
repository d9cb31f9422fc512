"""Renders names: which ones the fonts support, at which size and with which line breaks.

The fonts are OpenCV's. They support Latin, Greek, Cyrillic, Hebrew, Chinese, Japanese and Korean,
draw "?" for missing glyphs, join no letters, stack no marks, and run only from left to right.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np

from renderer.colour import Bytes

_PROBE_PX = 32
_ELLIPSIS = "…"
_SIZE_STEP_PX = 4


@dataclass(frozen=True, slots=True)
class Style:
    """The style of a block of text; `colour` is BGR, line spacing is `leading` times the size."""

    font: Literal["sans", "italic"]
    weight: int  # 100 to 900
    colour: tuple[int, int, int]
    largest_px: int
    smallest_px: int
    leading: float = 1.16


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one size that fit their box, in reading order."""

    style: Style
    size_px: int
    lines: tuple[str, ...]

    @property
    def height_px(self) -> int:
        """The height of all lines, including the space above the first."""
        return round(len(self.lines) * self.style.leading * self.size_px)

    def write(self, picture: Bytes, x: int, y: int) -> None:
        """Write the lines with their left ends at `x`, from `y` down, into the BGR picture."""
        for number, line in enumerate(self.lines, start=1):
            # The lowest part of a line is for descenders.
            baseline = y + round((number * self.style.leading - 0.3) * self.size_px)
            font = cv2.FontFace(self.style.font)
            colour, shown = self.style.colour, _order_for_eye(line)
            cv2.putText(
                picture, shown, (x, baseline), colour, font, self.size_px, self.style.weight
            )


def is_settable(text: str) -> bool:
    """Return whether the fonts render this text correctly.

    Letters that join (Arabic) or carry marks (Devanagari, Thai) would be wrong, and so would lines
    with both directions.
    """
    letters = text.replace(" ", "")
    directions = {unicodedata.bidirectional(letter) for letter in letters}
    # A joining letter's direction is "AL", a mark's is "NSM".
    return directions in ({"L"}, {"R"}) and all(map(_has_glyph, letters))


def fit_block(text: str, style: Style, width_px: int, height_px: int) -> Block:
    """Set `text` as large as its box and style allow.

    If it does not fit at the smallest size, words are broken, and finally the text ends with an
    ellipsis.
    """
    for size_px in range(style.largest_px, style.smallest_px, -_SIZE_STEP_PX):
        block = Block(style, size_px, tuple(_wrap(text, style, size_px, width_px)))
        widest_px = max(_measure(line, style, size_px) for line in block.lines)
        if widest_px <= width_px and block.height_px <= height_px:
            return block
    size_px = style.smallest_px
    wrapped = _wrap(text, style, size_px, width_px)
    lines = [part for line in wrapped for part in _break(line, style, size_px, width_px)]
    room = max(1, int(height_px / (style.leading * size_px)))
    if len(lines) > room:
        last = lines[room - 1]
        while last and _measure(last + _ELLIPSIS, style, size_px) > width_px:
            last = last[:-1]
        lines[room - 1 :] = [last.rstrip() + _ELLIPSIS]
    return Block(style, size_px, tuple(lines))


def _wrap(text: str, style: Style, size_px: int, width_px: int) -> list[str]:
    """Break between words only."""
    lines: list[str] = []
    for word in text.split():
        if lines and _measure(f"{lines[-1]} {word}", style, size_px) <= width_px:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _break(line: str, style: Style, size_px: int, width_px: int) -> Iterator[str]:
    """Break a line wherever it is full."""
    part = ""
    for letter in line:
        if part and _measure(part + letter, style, size_px) > width_px:
            yield part
            part = ""
        part += letter
    yield part


def _measure(text: str, style: Style, size_px: int) -> int:
    """Return the width in pixels."""
    font = cv2.FontFace(style.font)
    return int(cv2.getTextSize((0, 0), text, (0, 0), font, size_px, style.weight)[2])


def _order_for_eye(line: str) -> str:
    """Put a right-to-left line into drawing order."""
    is_right_to_left = any(unicodedata.bidirectional(letter) == "R" for letter in line)
    return line[::-1] if is_right_to_left else line


@lru_cache(maxsize=4096)
def _has_glyph(letter: str) -> bool:
    drawn = _draw_probe(letter)
    return bool(drawn.any()) and not np.array_equal(drawn, _draw_probe("?"))


def _draw_probe(letter: str) -> Bytes:
    probe = np.zeros((2 * _PROBE_PX, 3 * _PROBE_PX), np.uint8)
    origin = (_PROBE_PX, round(1.5 * _PROBE_PX))
    cv2.putText(probe, letter, origin, 255, cv2.FontFace("sans"), _PROBE_PX, 500)
    return probe
