"""Splits lyrics into sections: `[Chorus]` on a line of its own heads the lines below it."""

import re
from dataclasses import dataclass, field
from typing import Final

HEADING: Final = re.compile(r"\s*\[(.+)\]\s*")


@dataclass(frozen=True)
class LyricsSection:
    """Lines and their heading, which is "" before the first one."""

    heading: str
    lines: list[str] = field(default_factory=list)


def is_heading(line: str) -> bool:
    return HEADING.fullmatch(line) is not None


def split_sections(lyrics: str) -> list[LyricsSection]:
    """Return the sections of lyrics without timestamps, in order; none of them is empty."""
    sections = [LyricsSection("")]
    for line in map(str.strip, lyrics.splitlines()):
        if heading := HEADING.fullmatch(line):
            sections.append(LyricsSection(heading[1]))
        elif line:
            sections[-1].lines.append(line)
    return [section for section in sections if section.heading or section.lines]
