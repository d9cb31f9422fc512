"""Converts lyrics with LRC timestamps to WebVTT captions (pure).

    [Chorus]
    [00:12.50]Toby, be my valentine
    [00:16.00][01:20.00]Matt is yours

How the song service would write timestamps is not known, so only LRC is parsed; anything else is
plain lyrics.
"""

import re
from itertools import pairwise
from typing import Final

from server.submissions.lyrics import is_heading

LONGEST_CUE_MS: Final = 8000

STAMP: Final = re.compile(r"\[([0-9]{1,3}):([0-5]?[0-9])(?:\.([0-9]{1,3}))?\]\s*")
LINE_END: Final = re.compile(r"\r\n|\r|\n")


def remove_times(lyrics: str) -> str:
    """Return the lyrics without timestamps."""
    return "".join(_read_line(line)[1] for line in re.split(r"(\r\n|\r|\n)", lyrics))


def write_captions(lyrics: str) -> str | None:
    """Return the lines with timestamps as WebVTT; None if there are none.

    A line is shown until the next timestamp, for eight seconds at most.
    """
    lines_at: dict[int, list[str]] = {}
    for line in LINE_END.split(lyrics):
        starts, text = _read_line(line)
        for start in starts:
            # A timestamp without words, or on a section heading, ends the previous line.
            is_sung = text.strip() and not is_heading(text)
            lines_at.setdefault(start, []).extend([_escape(text.strip())] if is_sung else [])
    starts = sorted(lines_at)
    ends = [min(start + LONGEST_CUE_MS, following) for start, following in pairwise(starts)]
    ends += [start + LONGEST_CUE_MS for start in starts[-1:]]
    cues = [
        "\n".join([f"{_show(start)} --> {_show(end)}", *lines_at[start]])
        for start, end in zip(starts, ends, strict=True)
        if lines_at[start]
    ]
    return "\n\n".join(["WEBVTT", *cues]) + "\n" if cues else None


def _read_line(line: str) -> tuple[list[int], str]:
    """Return a line's leading timestamps, in milliseconds, and the rest of the line."""
    starts = []
    rest = line.lstrip()
    while stamp := STAMP.match(rest):
        minutes, seconds, fraction = stamp.groups(default="0")
        starts.append((int(minutes) * 60 + int(seconds)) * 1000 + int(fraction.ljust(3, "0")))
        rest = rest[stamp.end() :]
    return (starts, rest) if starts else ([], line)


def _show(milliseconds: int) -> str:
    seconds, part = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{part:03}"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
