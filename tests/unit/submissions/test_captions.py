"""Captions from timed lyrics; garbage yields no captions, and never a broken file."""

import random
import re
from itertools import pairwise

import pytest

from server.simulator.lyrics import add_times
from server.submissions.captions import LONGEST_CUE_MS, remove_times, write_captions

TIMED = """[Verse 1]
[00:01.50]I wrote your name
  [00:05]<b>Toby</b> & Matt --> home

[00:07.00]
[00:30.25][Chorus]
[00:31.005]Toby, be my valentine\r
[61:00.1]The end
"""
CUE = re.compile(r"(\d\d+:[0-5]\d:[0-5]\d\.\d{3}) --> (\d\d+:[0-5]\d:[0-5]\d\.\d{3})")
PIECES = (
    *("[", "]", ":", ".", "-->", "<", ">", "&", "\n", "\r", "\r\n", "\n\n", " ", "\t", "\x0b"),
    *("[00:01.00]", "[0:1]", "[00:99]", "[999:59.999]", "[١٢:٠٠]", "[-1:00]", "[Chorus]", "la"),
    *("[00:01:00]", "[1000:00]", "[00:00.0000]", "WEBVTT", "NOTE", "STYLE", "\u2028", "é", "🐶"),
)


def read_cues(captions: str) -> list[tuple[int, int, list[str]]]:
    """Read WebVTT as a player does: for each cue its times in milliseconds and its lines."""
    head, *blocks = re.split(r"\n\n+", captions.removesuffix("\n"))
    assert head == "WEBVTT"
    cues = []
    for block in blocks:
        times, *lines = block.split("\n")
        found = CUE.fullmatch(times)
        assert found, times
        cues.append((_milliseconds(found[1]), _milliseconds(found[2]), lines))
    return cues


def _milliseconds(text: str) -> int:
    hours, minutes, seconds = text.split(":")
    return (int(hours) * 60 + int(minutes)) * 60_000 + int(seconds.replace(".", ""))


def test_each_line_is_shown_until_the_next_and_no_longer_than_is_sung() -> None:
    captions = write_captions(TIMED)

    assert captions is not None
    assert read_cues(captions) == [
        (1500, 5000, ["I wrote your name"]),
        (5000, 7000, ["&lt;b&gt;Toby&lt;/b&gt; &amp; Matt --&gt; home"]),
        (31_005, 31_005 + LONGEST_CUE_MS, ["Toby, be my valentine"]),
        (3_660_100, 3_660_100 + LONGEST_CUE_MS, ["The end"]),
    ]


def test_lyrics_are_read_without_the_times() -> None:
    assert remove_times(TIMED).splitlines() == [
        "[Verse 1]",
        "I wrote your name",
        "<b>Toby</b> & Matt --> home",
        "",
        "",
        "[Chorus]",
        "Toby, be my valentine",
        "The end",
    ]


def test_a_line_may_be_sung_at_several_times_and_with_another() -> None:
    captions = write_captions("[00:20][00:01]La\n[00:01.00]Lu")

    assert captions is not None
    assert read_cues(captions) == [(1000, 9000, ["La", "Lu"]), (20_000, 28_000, ["La"])]


@pytest.mark.parametrize(
    "lyrics",
    [
        "",
        "[Chorus]\nMatt and Toby, best friends...",
        "[00:01.00]",
        "[00:01.00][Chorus]",
        "at [00:01.00] we sang",
        "[00:60]no such second",
        "[1000:00]too late",
        "[00:01:00]frames",
        "[١٢:٠٠]other digits",
        "00:01 no brackets",
    ],
)
def test_lyrics_without_times_are_plain(lyrics: str) -> None:
    assert write_captions(lyrics) is None
    if not lyrics.startswith("[00:01.00]"):
        assert remove_times(lyrics) == lyrics


def test_no_nonsense_breaks_the_file() -> None:
    chance = random.Random(14)
    num_files = 0
    for _ in range(5000):
        lyrics = "".join(chance.choices(PIECES, k=chance.randrange(30)))
        captions = write_captions(lyrics)
        assert remove_times(remove_times(lyrics)) == remove_times(lyrics)
        if captions is None:
            continue
        num_files += 1
        cues = read_cues(captions)
        assert cues == sorted(cues)
        assert all(start < end <= start + LONGEST_CUE_MS for start, end, _ in cues)
        assert all(end <= following for (_, end, _), (following, _, _) in pairwise(cues))
        lines = [line for _, _, texts in cues for line in texts]
        assert all(line.strip() and "<" not in line and ">" not in line for line in lines)
        assert "\r" not in captions
    assert num_files > 500


def test_the_simulators_times_are_understood() -> None:
    lyrics = "[Verse 1]\nOne\nTwo\n\n[Chorus]\nThree"

    timed = add_times(lyrics, 2.5)

    assert remove_times(timed) == lyrics
    captions = write_captions(timed)
    assert captions is not None
    assert [(start, lines) for start, _, lines in read_cues(captions)] == [
        (0, ["One"]),
        (2500, ["Two"]),
        (5000, ["Three"]),
    ]
