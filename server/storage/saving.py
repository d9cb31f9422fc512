"""File names for downloads: both names, plus the format unless it is the plain one."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

from server.storage.names import PLAIN_FORMAT

NAMELESS: Final = "love-song"
# Whitespace, and characters that headers or file systems reject.
GAPS: Final = re.compile(r'[\s\x00-\x1f\x7f-\x9f\ud800-\udfff"*/:<>?\\|]+')


def attach_video(pet_name: str, owner_name: str, video_format: str) -> str:
    """The Content-Disposition (RFC 6266) that saves a video as `Toby-and-Matt.mp4`.

    Clients that only know ASCII get letters without accents, or a name without names.
    """
    ending = ".mp4" if video_format == PLAIN_FORMAT else f"-{video_format}.mp4"
    couple = _join_words(" and ".join(filter(None, (pet_name, owner_name)))) or NAMELESS
    plain = _spell_plainly(couple) or NAMELESS
    header = f'attachment; filename="{plain}{ending}"'
    if plain == couple:
        return header
    return f"{header}; filename*=UTF-8''{quote(couple + ending, safe='')}"


def _spell_plainly(text: str) -> str:
    """The text in ASCII, or "" if that would lose letters."""
    # Decomposition can turn harmless characters into a slash or a quote.
    decomposed = unicodedata.normalize("NFKD", text)
    plain = decomposed.encode("ascii", "ignore").decode()
    is_whole = sum(map(str.isalnum, plain)) == sum(map(str.isalnum, decomposed))
    return _join_words(plain) if is_whole else ""


def _join_words(text: str) -> str:
    return GAPS.sub("-", text).strip("-.")
