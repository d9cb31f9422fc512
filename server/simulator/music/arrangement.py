"""Turns a vibe and a seed into parts: who plays which note, when and how loud.

Everything random is drawn from the seed, so the same seed gives the same notes.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass

from .melody import MelodyNote, write_tune
from .vibes import Vibe, pitch_of

STEPS_PER_BAR = 16
SLOPPINESS_S = 0.006
HIGHEST_SUNG = 79
"""G5: a voice strains above it, whatever the key is."""
LOWEST_CHORD_TONE = 53
"""F below middle C: closer chords below it sound muddy."""


@dataclass(frozen=True, slots=True)
class Note:
    """A sound of one part: seconds, MIDI number, 0 to 1; `syllable` counts the sung ones."""

    start_s: float
    length_s: float
    pitch: int
    loudness: float
    syllable: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """All notes by part, the length of the song, and where its kick drum falls."""

    parts: dict[str, list[Note]]
    length_s: float


def arrange(vibe: Vibe, seed: int) -> Score:
    """Write the whole song."""
    return _Arranger(vibe, random.Random(seed)).arrange()


class _Arranger:
    def __init__(self, vibe: Vibe, chance: random.Random) -> None:
        self._vibe = vibe
        self._chance = chance
        # Songs of the same vibe differ in key and slightly in tempo.
        self._tonic = vibe.tonic + chance.choice((-2, -1, 0, 0, 1, 2))
        self._step_s = 60 / (vibe.tempo_bpm * chance.uniform(0.97, 1.03)) / 4
        self._parts: defaultdict[str, list[Note]] = defaultdict(list)
        self._syllable = 0

    def arrange(self) -> Score:
        highest = max(step for step in range(14) if pitch_of(self._tonic, step) <= HIGHEST_SUNG)
        tunes = {
            name: write_tune(
                self._vibe, chords, 8, self._chance, highest=highest, is_high=name == "chorus"
            )
            for name, chords in (("verse", self._vibe.verse), ("chorus", self._vibe.chorus))
        }
        bar = 0
        for index, (section, bars) in enumerate(self._vibe.plan):
            chords = self._vibe.chorus if section == "chorus" else self._vibe.verse
            is_last_chorus = section == "chorus" and index == len(self._vibe.plan) - 2
            for offset in range(bars):
                self._play_bar(section, bar + offset, chords[offset % len(chords)], offset, bars)
            if section in tunes:
                self._sing(tunes[section], bar, bars, section == "chorus", is_last_chorus)
            bar += bars
        return Score(dict(self._parts), bar * STEPS_PER_BAR * self._step_s)

    def _play_bar(self, section: str, bar: int, root: int, offset: int, bars: int) -> None:
        is_final = section == "ending" and offset >= bars - 2
        root = 0 if is_final else root
        if is_final and offset == bars - 1:
            return
        length_bars = 2 if is_final else 1
        self._play_chord(section, bar, root, length_bars)
        self._play_bass(section, bar, root, length_bars, is_sparse=section in {"intro", "ending"})
        if not is_final:
            self._play_figure(section, bar, root)
            self._play_drums(section, bar, is_fill=offset == bars - 1)

    def _play_chord(self, section: str, bar: int, root: int, length_bars: int) -> None:
        voicing = self._voice(root)
        length_s = length_bars * STEPS_PER_BAR * self._step_s
        for pitch in voicing:
            loudness = {"chorus": 0.9, "verse": 0.5}.get(section, 0.65)
            self._add("pad", bar, 0, pitch, length_s, loudness)
        comping = "x" + "." * 15 if length_bars > 1 else self._vibe.comping
        struck = [step for step, sign in enumerate(comping) if sign != "."]
        ends = [*struck[1:], STEPS_PER_BAR * length_bars]
        for step, end in zip(struck, ends, strict=True):
            loudness = (0.75 if comping[step] == "x" else 0.5) * self._chance.uniform(0.92, 1.0)
            for order, pitch in enumerate(voicing):
                # Fingers of a hand don't strike at exactly the same time.
                late_s = 0.009 * order
                duration_s = (end - step) * self._step_s * 0.96
                self._add("keys", bar, step, pitch, duration_s, loudness, late_s)

    def _voice(self, root: int) -> list[int]:
        """A seventh chord in the lowest position above the floor, so that chords move little."""
        steps = (root, root + 2, root + 4, root + 6 if root in {0, 1, 2, 3, 5} else root + 8)
        pitches = []
        for step in steps:
            pitch = pitch_of(self._tonic, step)
            pitches.append(LOWEST_CHORD_TONE + (pitch - LOWEST_CHORD_TONE) % 12)
        pitches.sort()
        # A semitone at the bottom of a chord grinds: raise the lower note by an octave.
        if pitches[1] - pitches[0] == 1:
            pitches = [*pitches[1:], pitches[0] + 12]
        return pitches

    def _play_bass(
        self, section: str, bar: int, root: int, length_bars: int, *, is_sparse: bool
    ) -> None:
        if section == "intro" and bar == 0:
            return
        pattern = "r" + "." * 15 if is_sparse else self._vibe.bass
        low = pitch_of(self._tonic, root)
        low = 36 + (low - 36) % 12
        struck = [step for step, sign in enumerate(pattern) if sign != "."]
        ends = [*struck[1:], STEPS_PER_BAR * length_bars]
        for step, end in zip(struck, ends, strict=True):
            fifth = pitch_of(self._tonic, root + 4) - pitch_of(self._tonic, root)
            pitch = low + {"r": 0, "f": fifth, "8": 12}[pattern[step]]
            length_s = min(end - step, 32) * self._step_s * 0.9
            self._add("bass", bar, step, pitch, length_s, 0.9 if step == 0 else 0.75)

    def _play_figure(self, section: str, bar: int, root: int) -> None:
        chord = self._voice(root)
        tones = [pitch + 12 for pitch in chord] + [pitch + 24 for pitch in chord]
        loudness = {"chorus": 0.6, "verse": 0.38}.get(section, 0.5)
        for step, sign in enumerate(self._vibe.arpeggio):
            if sign != ".":
                accent = loudness * self._chance.uniform(0.85, 1.0)
                self._add("figure", bar, step, tones[int(sign)], 3 * self._step_s, accent)

    def _play_drums(self, section: str, bar: int, *, is_fill: bool) -> None:
        if section in {"intro", "ending"}:
            self._strike("hat", self._vibe.hat, bar, 0.5)
            return
        scale = 1.0 if section == "chorus" else 0.8
        self._strike("kick", self._vibe.kick, bar, scale)
        self._strike(self._vibe.snare_sound, self._vibe.snare, bar, scale)
        self._strike("hat", self._vibe.hat, bar, 0.8 * scale)
        if section == "chorus":
            self._strike("open_hat", self._vibe.open_hat, bar, 0.7)
        if is_fill and "x" in self._vibe.snare:
            self._strike(self._vibe.snare_sound, "............o.oo", bar, scale)

    def _strike(self, drum: str, pattern: str, bar: int, loudness: float) -> None:
        for step, sign in enumerate(pattern):
            if sign != ".":
                accent = loudness * (1.0 if sign == "x" else 0.5)
                self._add(drum, bar, step, 0, 0.5, accent * self._chance.uniform(0.88, 1.0))

    def _sing(
        self, tune: list[MelodyNote], bar: int, bars: int, is_chorus: bool, is_last: bool
    ) -> None:
        for note in tune:
            if note.start >= bars * 8:
                continue
            step = note.start * 2
            length_s = note.length * 2 * self._step_s * 0.97
            pitch = pitch_of(self._tonic, note.step)
            self._add("voice", bar, step, pitch, length_s, 0.85)
            if is_chorus:
                third = pitch_of(self._tonic, note.step - 2)
                self._add("harmony", bar, step, third, length_s, 0.6)
            if is_last:
                self._add("lead", bar, step, pitch + 12, length_s, 0.5)
            self._syllable += 1

    def _add(
        self,
        part: str,
        bar: int,
        step: int,
        pitch: int,
        length_s: float,
        loudness: float,
        late_s: float = 0.0,
    ) -> None:
        swing = self._vibe.swing if step % 2 else 0.0
        start_s = (bar * STEPS_PER_BAR + step + swing) * self._step_s
        # The kick drum is the clock; everybody else is human.
        if part != "kick":
            late_s += self._chance.uniform(0, SLOPPINESS_S)
        self._parts[part].append(Note(start_s + late_s, length_s, pitch, loudness, self._syllable))
