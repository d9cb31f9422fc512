"""Makes a whole song: writes the notes, plays every part, sets them in a room and masters the mix.

The same vibe, seed and names always make the same samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrangement import Note, Score, arrange
from .drums import build_kit, place
from .effects import echo, fade_out, master, pumping, reverberate
from .instruments import INSTRUMENTS, voice
from .sound import Samples, count_samples
from .vibes import VIBES, Vibe

VOWELS = "aeiou"
FADE_S = 5.0
ECHO_BEATS = 0.75


@dataclass(frozen=True, slots=True)
class Channel:
    """A part's place in the mix: loudness, side (-1 to 1), share sent to the room and the echo."""

    level: float
    side: float = 0.0
    room: float = 0.2
    echo: float = 0.0


CHANNELS: dict[str, Channel] = {
    "voice": Channel(0.4, room=0.34, echo=0.22),
    "harmony": Channel(0.17, room=0.4, echo=0.2),
    "lead": Channel(0.13, side=0.25, room=0.4, echo=0.35),
    "keys": Channel(0.15, side=-0.18, room=0.25),
    "figure": Channel(0.15, side=0.35, room=0.32, echo=0.3),
    "pad": Channel(0.065, room=0.35),
    "bass": Channel(0.29, room=0.02),
    "kick": Channel(0.62, room=0.02),
    "snare": Channel(0.5, room=0.2),
    "clap": Channel(0.5, room=0.22),
    "rim": Channel(0.36, room=0.25),
    "hat": Channel(0.45, room=0.06),
    "open_hat": Channel(0.32, room=0.08),
}


def compose(
    vibe_name: str, seed: int, owner_name: str, pet_name: str, song_s: float | None = None
) -> Samples:
    """Compose one song.

    Args:
        vibe_name: A key of `VIBES`.
        seed: Decides key, tempo, tune and accents.
        owner_name: Its vowels are sung, after the pet's.
        pet_name: Its vowels are sung.
        song_s: Cut the song to this length in seconds; None leaves it whole (60 to 90 seconds).

    Returns:
        float32 within -1 and 1, shaped (2, samples), at 44.1 kHz.
    """
    vibe = VIBES[vibe_name]
    score = arrange(vibe, seed)
    length_s = score.length_s if song_s is None else song_s
    if song_s is not None:
        score = _skip_intro(score, vibe)
    mix = _Mixer(vibe, _vowels_of(pet_name + owner_name), length_s).mix(score)
    fade_out(mix, min(FADE_S, length_s / 4))
    return mix


def _skip_intro(score: Score, vibe: Vibe) -> Score:
    """Let a song that is cut short begin where the singing does."""
    total_bars = sum(bars for _, bars in vibe.plan)
    intro_s = score.length_s * vibe.plan[0][1] / total_bars
    parts = {
        part: [
            Note(
                max(0.0, note.start_s - intro_s),
                note.length_s,
                note.pitch,
                note.loudness,
                note.syllable,
            )
            for note in notes
            if note.start_s >= intro_s
        ]
        for part, notes in score.parts.items()
    }
    return Score(parts, score.length_s - intro_s)


def _vowels_of(names: str) -> str:
    """The vowels to sing; a name in another script is sung on `a` and `u`."""
    return "".join(letter for letter in names.lower() if letter in VOWELS) or "au"


class _Mixer:
    """Plays a score into one stereo mix of a given length."""

    def __init__(self, vibe: Vibe, vowels: str, length_s: float) -> None:
        self._vibe = vibe
        self._vowels = vowels
        self._count = count_samples(length_s)
        self._kit = build_kit()
        self._sounds: dict[tuple[str, int, int, str], Samples] = {}

    def mix(self, score: Score) -> Samples:
        """Play all parts, then room, echo and master."""
        dry = np.zeros((2, self._count), dtype=np.float32)
        to_room = np.zeros(self._count, dtype=np.float32)
        to_echo = np.zeros(self._count, dtype=np.float32)
        kicks_s = [note.start_s for note in score.parts.get("kick", [])]
        gain = pumping(self._count, kicks_s, self._vibe.pump)
        for part, notes in score.parts.items():
            channel = CHANNELS[part]
            track = self._play(part, notes)
            if part in {"pad", "keys", "bass"} and self._vibe.pump:
                track *= gain
            dry += track
            middle = track.mean(axis=0)
            to_room += np.float32(channel.room) * middle
            if channel.echo:
                to_echo += np.float32(channel.echo) * middle
        interval_s = 60 / self._vibe.tempo_bpm * ECHO_BEATS
        repeats = echo(to_echo, interval_s)
        to_room += np.float32(0.3) * repeats.mean(axis=0)
        dry += repeats
        dry += np.float32(self._vibe.room) * reverberate(to_room)
        return master(dry)

    def _play(self, part: str, notes: list[Note]) -> Samples:
        channel = CHANNELS[part]
        level = channel.level * (self._vibe.drum_level if part in self._kit else 1.0)
        track = np.zeros((2, self._count), dtype=np.float32)
        for note in notes:
            start = int(note.start_s * 44_100)
            room_left = self._count - start
            if room_left <= 0:
                continue
            sound = self._sound(part, note)[:, :room_left]
            track[:, start : start + sound.shape[1]] += np.float32(level * note.loudness) * sound
        return track

    def _sound(self, part: str, note: Note) -> Samples:
        if part in self._kit:
            return self._kit[part]
        is_sung = part in {"voice", "harmony"}
        vowel = self._vowels[note.syllable % len(self._vowels)] if is_sung else ""
        key = (part, note.pitch, round(note.length_s * 1000), vowel)
        if key not in self._sounds:
            self._sounds[key] = self._make(part, note, vowel)
        return self._sounds[key]

    def _make(self, part: str, note: Note, vowel: str) -> Samples:
        if vowel:
            return voice(note.pitch, note.length_s, vowel)
        name = {"keys": self._vibe.keys, "lead": self._vibe.lead, "figure": "harp"}.get(part, part)
        return place(INSTRUMENTS[name](note.pitch, note.length_s), CHANNELS[part].side)
