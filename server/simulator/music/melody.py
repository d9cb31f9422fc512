"""Writes a tune over a row of chords that a person could sing.

Eight bars are four phrases: a motif, its echo, a contrast, and a close that comes to rest. Long and
stressed notes are tones of the chord below them; the others move by step.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from .vibes import Chords, Vibe

EIGHTHS_PER_BAR = 8
PHRASE_EIGHTHS = 2 * EIGHTHS_PER_BAR
LONGEST_EIGHTHS = 5

_CONTOURS = (
    (0, 1, 2, 4, 3, 2, 1, 2),
    (4, 3, 2, 2, 1, 0, 1, 0),
    (2, 2, 3, 4, 4, 2, 1, 0),
    (0, 2, 4, 5, 4, 2, 3, 2),
    (2, 1, 0, 2, 4, 3, 4, 2),
)


@dataclass(frozen=True, slots=True)
class MelodyNote:
    """One sung note: position and length in eighths from the section's start, step of the scale."""

    start: int
    length: int
    step: int


def write_tune(
    vibe: Vibe, chords: Chords, bars: int, chance: random.Random, *, highest: int, is_high: bool
) -> list[MelodyNote]:
    """Write `bars` bars of tune up to the step `highest`; `is_high` lifts it, as a chorus is."""
    rhythms = chance.sample(vibe.rhythms, 2)
    contours = chance.sample(_CONTOURS, 2)
    floor = 2 if is_high else 0
    tune: list[MelodyNote] = []
    for phrase in range((bars + 1) // 2):
        is_contrast = phrase % 4 == 2
        rhythm, contour = rhythms[is_contrast], contours[is_contrast]
        lift = floor + (1 if phrase % 4 == 1 else 0)
        notes = _write_phrase(phrase * 2, rhythm, contour, lift, chords, highest)
        if phrase % 4 == 3:
            notes[-1] = replace(notes[-1], step=_nearest(notes[-1].step, (0, 2, 4), highest))
        tune += notes
    return [note for note in tune if note.start < bars * EIGHTHS_PER_BAR]


def _write_phrase(
    first_bar: int,
    rhythm: tuple[int, ...],
    contour: tuple[int, ...],
    lift: int,
    chords: Chords,
    highest: int,
) -> list[MelodyNote]:
    # The last eighths of a phrase stay empty: a singer breathes.
    ends = (*rhythm[1:], min(rhythm[-1] + 4, PHRASE_EIGHTHS - 1))
    notes: list[MelodyNote] = []
    for index, (start, end) in enumerate(zip(rhythm, ends, strict=True)):
        length = min(end - start, LONGEST_EIGHTHS)
        root = chords[(first_bar + start // EIGHTHS_PER_BAR) % len(chords)]
        step = min(contour[index % len(contour)] + lift, highest)
        if start % 4 == 0 or length >= 2:
            step = _nearest(step, (root, root + 2, root + 4), highest)
        notes.append(MelodyNote(first_bar * EIGHTHS_PER_BAR + start, length, step))
    return notes


def _nearest(step: int, tones: tuple[int, ...], highest: int) -> int:
    """The tone closest to `step` in any octave up to `highest`; of two as close, the lower one."""
    octaves = [tone + 7 * octave for tone in tones for octave in range(-3, 4)]
    return min(
        (tone for tone in octaves if tone <= highest), key=lambda tone: (abs(tone - step), tone)
    )
