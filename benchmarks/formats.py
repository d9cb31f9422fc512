"""Measures what each format costs, alone and as the site's default pair, for one song."""

import tempfile
from pathlib import Path
from typing import Final

from benchmarks.here import UNITS, make_video
from benchmarks.inputs import photo, write_song
from benchmarks.measurement import Options, Series, collect

SONG_S: Final = 60
QUICK_SONG_S: Final = 6
CHOICES: Final = (("square",), ("hd",), ("story",), ("square", "story"))
QUICK_CHOICES: Final = (("square",), ("square", "hd"))


async def measure(options: Options) -> list[Series]:
    """Render each choice of formats."""
    series: list[Series] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "photo.jpg").write_bytes(photo())
        song = write_song(folder / "song.mp3", QUICK_SONG_S if options.is_quick else SONG_S)
        for formats in QUICK_CHOICES if options.is_quick else CHOICES:
            repeats = [
                await make_video(folder, song, options.encoder, formats)
                for _ in range(options.repeats)
            ]
            series += collect(repeats, ", ".join(formats), UNITS)
    return series
