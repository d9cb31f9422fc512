"""What each vibe sounds like: key, tempo, chords, groove and instruments, as one table.

Chords and melodies are written in steps of the major scale (0 is the tonic), so every vibe may
stand in any key; a bar has sixteen steps, and a pattern names what happens on each.
"""

from __future__ import annotations

from dataclasses import dataclass

MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)

Chords = tuple[int, ...]
Plan = tuple[tuple[str, int], ...]

LONG_PLAN: Plan = (
    ("intro", 4),
    ("verse", 8),
    ("chorus", 8),
    ("verse", 8),
    ("chorus", 8),
    ("ending", 4),
)
MIDDLE_PLAN: Plan = (("intro", 4), ("verse", 8), ("chorus", 8), ("chorus", 8), ("ending", 4))
SHORT_PLAN: Plan = (("intro", 2), ("verse", 8), ("chorus", 8), ("ending", 4))


@dataclass(frozen=True, slots=True)
class Vibe:
    """One mood; patterns have one sign per sixteenth, `x` struck, `o` struck softly, `.` silent."""

    tempo_bpm: float
    tonic: int
    """MIDI number of the tonic near middle C (60)."""
    verse: Chords
    chorus: Chords
    plan: Plan
    swing: float
    """How late every second sixteenth comes, as a share of a sixteenth."""
    keys: str
    """Instrument that plays the chords."""
    lead: str
    """Instrument that doubles the voice."""
    comping: str
    arpeggio: str
    """Which chord tone (0 to 7, `.` none) the plucked figure takes on each sixteenth."""
    bass: str
    """`r` root, `f` fifth, `8` octave."""
    kick: str
    snare: str
    snare_sound: str
    hat: str
    open_hat: str
    drum_level: float
    pump: float
    """How much the kick drum pushes the pad down, 0 to 1."""
    room: float
    """Loudness of the reverb."""
    rhythms: tuple[tuple[int, ...], ...]
    """Where the notes of a two-bar phrase begin, in eighths."""


SILENT = "." * 16

VIBES: dict[str, Vibe] = {
    "Chill": Vibe(
        tempo_bpm=84,
        tonic=65,
        verse=(3, 2, 1, 0),
        chorus=(3, 4, 2, 5),
        plan=(("intro", 2), ("verse", 8), ("chorus", 8), ("chorus", 4), ("ending", 4)),
        swing=0.3,
        keys="electric_piano",
        lead="flute",
        comping="x.....o...x.....",
        arpeggio=SILENT,
        bass="r.....r...f...8.",
        kick="x......x..x.....",
        snare="....x.......x..o",
        snare_sound="rim",
        hat="x.o.x.o.x.o.x.oo",
        open_hat=SILENT,
        drum_level=0.75,
        pump=0.25,
        room=0.8,
        rhythms=((0, 3, 4, 6, 8, 11), (1, 2, 4, 7, 8), (0, 2, 3, 6, 9, 10, 12)),
    ),
    "Energetic": Vibe(
        tempo_bpm=126,
        tonic=62,
        verse=(0, 4, 5, 3),
        chorus=(3, 0, 4, 5),
        plan=LONG_PLAN,
        swing=0.0,
        keys="piano",
        lead="bell",
        comping="x..x..x.x..x..x.",
        arpeggio="0.2.1.3.2.4.3.2.",
        bass="r.r.r.r.r.r.r.8.",
        kick="x...x...x...x...",
        snare="....x.......x...",
        snare_sound="snare",
        hat="..x...x...x...x.",
        open_hat=SILENT,
        drum_level=0.95,
        pump=0.6,
        room=0.6,
        rhythms=((0, 1, 2, 4, 6, 8, 10, 12), (0, 3, 4, 6, 8, 9, 11), (0, 2, 3, 5, 8, 10)),
    ),
    "Romantic": Vibe(
        tempo_bpm=72,
        tonic=63,
        verse=(0, 5, 3, 4),
        chorus=(3, 4, 2, 5, 1, 4, 0, 0),
        plan=SHORT_PLAN,
        swing=0.0,
        keys="piano",
        lead="flute",
        comping="x...............",
        arpeggio="0.1.2.4.3.2.1.2.",
        bass="r.......f.....8.",
        kick="x.........x.....",
        snare="........x.......",
        snare_sound="rim",
        hat="o...o...o...o...",
        open_hat=SILENT,
        drum_level=0.45,
        pump=0.0,
        room=1.0,
        rhythms=((0, 2, 3, 4, 8, 10), (0, 3, 4, 6, 8), (1, 2, 4, 6, 8, 11, 12)),
    ),
    "Party": Vibe(
        tempo_bpm=118,
        tonic=60,
        verse=(5, 3, 0, 4),
        chorus=(3, 4, 5, 0),
        plan=LONG_PLAN,
        swing=0.08,
        keys="electric_piano",
        lead="bell",
        comping="..x...x..x....x.",
        arpeggio="..4...3...2..34.",
        bass="r.8.r.8.r.8.f.8.",
        kick="x...x...x...x...",
        snare="....x.......x...",
        snare_sound="clap",
        hat="x.x.x.x.x.x.x.xx",
        open_hat="..x...x...x...x.",
        drum_level=0.95,
        pump=0.5,
        room=0.55,
        rhythms=((0, 2, 3, 5, 6, 8, 11), (0, 1, 3, 6, 8, 10, 11), (0, 3, 6, 8, 9, 10, 12)),
    ),
    "Relaxing": Vibe(
        tempo_bpm=66,
        tonic=67,
        verse=(0, 3, 0, 3),
        chorus=(5, 3, 0, 4),
        plan=SHORT_PLAN,
        swing=0.0,
        keys="harp",
        lead="flute",
        comping="x...............",
        arpeggio="0.2.1.3.2.4.3.5.",
        bass="r...............",
        kick=SILENT,
        snare=SILENT,
        snare_sound="rim",
        hat=SILENT,
        open_hat=SILENT,
        drum_level=0.3,
        pump=0.0,
        room=1.15,
        rhythms=((0, 4, 6, 8), (0, 2, 4, 8, 12), (0, 3, 4, 8, 10)),
    ),
    "Other": Vibe(
        tempo_bpm=104,
        tonic=60,
        verse=(0, 2, 3, 4),
        chorus=(3, 4, 0, 5),
        plan=MIDDLE_PLAN,
        swing=0.18,
        keys="harp",
        lead="bell",
        comping="x.....x.o.x...o.",
        arpeggio="..2.4...3...2.1.",
        bass="r.....f.r.....f.",
        kick="x.......x.......",
        snare="....o.......x...",
        snare_sound="clap",
        hat="o.o.x.o.o.o.x.o.",
        open_hat=SILENT,
        drum_level=0.65,
        pump=0.1,
        room=0.7,
        rhythms=((0, 2, 3, 4, 6, 8), (0, 1, 2, 4, 8, 10, 11), (0, 3, 4, 6, 8, 12)),
    ),
}


def pitch_of(tonic: int, step: int) -> int:
    """MIDI number of a step of the major scale; steps beyond 0 to 6 lie in other octaves."""
    octave, degree = divmod(step, 7)
    return tonic + 12 * octave + MAJOR_SCALE[degree]
