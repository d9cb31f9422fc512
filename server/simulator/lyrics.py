"""Parses whom a song is for, and writes its lyrics.

Names appear exactly as given; all lyrics name the owner and the pet.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass

VIBES = ("Chill", "Energetic", "Romantic", "Party", "Relaxing", "Other")

_DEDICATION = re.compile(
    r"bond between\s+(?P<owner>.+?)\s+and their beloved\s+(?P<pet_type>\w+)\s+(?P<pet>.+?)\.\s",
    re.DOTALL,
)
_QUOTES = "\"'“”‘’«»<>"


@dataclass(frozen=True, slots=True)
class Dedication:
    """Whom the song is for, and its mood."""

    owner_name: str
    pet_name: str
    pet_type: str
    vibe: str

    @classmethod
    def parse(cls, prompt: str | None, tags: Iterable[str] | None) -> Dedication:
        """Parse the names from the prompt, and the vibe from the tags or else the prompt."""
        found = _DEDICATION.search(f"{prompt or ''} ")
        named = [*(tags or ()), *re.findall(r"\w+", prompt or "")]
        vibes = {vibe.lower(): vibe for vibe in VIBES if vibe != "Other"}
        vibe = next((vibes[word.lower()] for word in named if word.lower() in vibes), "Other")
        if found is None:
            return cls("You", "your best friend", "Other", vibe)
        owner, pet = (found[name].strip().strip(_QUOTES) for name in ("owner", "pet"))
        return cls(owner, pet, found["pet_type"], vibe)


_PET_LINES = {
    "dog": ("A wagging tail at the kitchen door", "Muddy paws across the floor"),
    "cat": ("A quiet purr in the morning light", "Soft green eyes that own the night"),
    "bird": ("A little song when the day begins", "A flash of colour, two small wings"),
    "fish": ("A silver turn in the evening glow", "Round and round where the bubbles go"),
    "other": ("A warm small heart that beats for mine", "Every ordinary day turns fine"),
}

_VERSES = {
    "Chill": (
        "Sunday coffee, nowhere to be",
        "{owner} on the sofa with {pet} on a knee",
        "{detail}",
        "The rain can fall, we have got the time",
    ),
    "Energetic": (
        "Up with the sun and we are out of the door",
        "{owner} calls {pet} and we run for more",
        "{detail}",
        "Nobody catches these two today",
    ),
    "Romantic": (
        "I wrote your name on a paper heart",
        "{owner} has loved you, {pet}, from the start",
        "{detail}",
        "And home is wherever you fall asleep",
    ),
    "Party": (
        "Lights on low and the music is loud",
        "{pet} and {owner} are moving the crowd",
        "{detail}",
        "Everyone in this room knows your name",
    ),
    "Relaxing": (
        "Slow as the tide and soft as the snow",
        "{owner} breathes out, and {pet} seems to know",
        "{detail}",
        "Nothing to fix and nothing to prove",
    ),
    "Other": (
        "I have a story, it is short and true",
        "{owner} found {pet}, and the grey turned blue",
        "{detail}",
        "Funny how love can be this small",
    ),
}

_CHORUSES = {
    "Chill": ("Oh {pet}, stay a while", "{owner} and {pet}, take it slow", "Easy like we know"),
    "Energetic": (
        "{pet}! {pet}! Run with me!",
        "{owner} and {pet}, wild and free",
        "Hey, hey, hey!",
    ),
    "Romantic": (
        "{pet}, be my valentine",
        "{owner} is yours and you are mine",
        "Till all the stars forget to shine",
    ),
    "Party": (
        "Everybody say {pet}!",
        "{owner} and {pet} till the break of day",
        "Turn it up, love!",
    ),
    "Relaxing": ("Rest, little {pet}, rest", "{owner} has you, this is best", "Breathe with me"),
    "Other": (
        "{pet}, oh {pet}, you and I",
        "{owner} and {pet} beneath the sky",
        "La la la, la la lie",
    ),
}

_ENDINGS = (
    "{owner} and {pet}, {owner} and {pet}",
    "Happy Valentine's Day, {pet}, with love from {owner}",
    "And that is how {owner} loves {pet}",
)


def write_lyrics(dedication: Dedication, seed: int) -> str:
    """Write the lyrics of one song: sections headed `[Verse 1]`, `[Chorus]` ..., one line each."""
    chance = random.Random(seed)
    details = list(_PET_LINES.get(dedication.pet_type.lower(), _PET_LINES["other"]))
    chance.shuffle(details)
    verse, chorus = _VERSES[dedication.vibe], _CHORUSES[dedication.vibe]
    refrain = (chorus[0], chorus[1], chorus[0], chorus[2])
    sections = (
        ("Verse 1", verse, details[0]),
        ("Chorus", refrain, ""),
        ("Verse 2", (verse[2], *verse[1::-1], verse[3]), details[1]),
        ("Chorus", refrain, ""),
        ("Outro", (chance.choice(_ENDINGS),), ""),
    )

    def fill(line: str, detail: str) -> str:
        return line.format(owner=dedication.owner_name, pet=dedication.pet_name, detail=detail)

    return "\n\n".join(
        "\n".join([f"[{title}]", *(fill(line, detail) for line in lines)])
        for title, lines, detail in sections
    )


def add_times(lyrics: str, line_s: float) -> str:
    """Prefix each sung line with an LRC timestamp, `line_s` seconds apart."""
    lines = lyrics.split("\n")
    sung = [number for number, line in enumerate(lines) if line and not line.startswith("[")]
    for count, number in enumerate(sung):
        seconds, hundredths = divmod(round(count * line_s * 100), 100)
        time = f"{seconds // 60:02}:{seconds % 60:02}.{hundredths:02}"
        lines[number] = f"[{time}]{lines[number]}"
    return "\n".join(lines)
