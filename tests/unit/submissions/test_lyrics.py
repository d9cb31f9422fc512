"""Lyrics are split into the sections that pages show."""

import pytest

from server.submissions.lyrics import LyricsSection, split_sections


@pytest.mark.parametrize(
    ("lyrics", "sections"),
    [
        pytest.param(
            "[Verse 1]\nToby waits\n\nAt the door\r\n[Chorus]\nOh Matt",
            [
                LyricsSection("Verse 1", ["Toby waits", "At the door"]),
                LyricsSection("Chorus", ["Oh Matt"]),
            ],
            id="lines are grouped under their heading",
        ),
        pytest.param(
            "Toby\n [Chorus] \nMatt",
            [LyricsSection("", ["Toby"]), LyricsSection("Chorus", ["Matt"])],
            id="lines before the first heading have none",
        ),
        pytest.param(
            "[Instrumental]",
            [LyricsSection("Instrumental")],
            id="a heading without lines stays",
        ),
        pytest.param(" \n\n", [], id="nothing has no sections"),
    ],
)
def test_lyrics_are_split_at_their_headings(lyrics: str, sections: list[LyricsSection]) -> None:
    assert split_sections(lyrics) == sections
