"""Whatever the lyrics are, their captions are valid WebVTT, and their times are removed."""

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from server.submissions.captions import remove_times, write_captions

STAMPS = st.builds(
    "[{}:{:02}.{}]".format, st.integers(0, 999), st.integers(0, 59), st.integers(0, 999)
)
WORDS = st.sampled_from(["Toby", " & ", "<b>", "-->", "[Chorus]", " ", "\n", "\r\n", "\r", "["])
LYRICS = st.lists(STAMPS | WORDS | st.text(st.characters(codec=None), max_size=8), max_size=30)
CUE = re.compile(r"(\d\d+:[0-5]\d:[0-5]\d\.\d{3}) --> (\d\d+:[0-5]\d:[0-5]\d\.\d{3})")


@given(LYRICS.map("".join))
def test_captions_are_well_formed_or_none(lyrics: str) -> None:
    captions = write_captions(lyrics)
    if captions is None:
        return
    head, *cues = captions.removesuffix("\n").split("\n\n")
    assert head == "WEBVTT"
    starts = []
    for cue in cues:
        times, *lines = cue.split("\n")
        found = CUE.fullmatch(times)
        assert found
        assert found[1] < found[2] or len(found[1]) < len(found[2])
        assert lines
        assert not any("-->" in line or "<" in line or not line for line in lines)
        starts.append((len(found[1]), found[1]))
    assert all(first < second for first, second in pairwise(starts))


@given(LYRICS.map("".join))
def test_lyrics_without_times_are_left_as_they_are(lyrics: str) -> None:
    plain = remove_times(lyrics)

    assert remove_times(plain) == plain
    assert (plain == lyrics) or ("[" in lyrics)
    assert len(plain) <= len(lyrics)
