"""File names of saved videos: readable for people, harmless for headers and file systems."""

import random
import re
import unicodedata
from urllib.parse import unquote

import pytest

from server.storage import attach_video

HEADER = re.compile(
    r"attachment; filename=\"([^\"\\]+)\"(?:; filename\*=UTF-8\'\'([A-Za-z0-9%._~-]+))?"
)


def names_in(header: str) -> tuple[str, str | None]:
    """Return the ASCII name and the UTF-8 name of a header that can be sent."""
    found = HEADER.fullmatch(header)
    assert found, header
    assert header.isascii()
    return found[1], unquote(found[2]) if found[2] else None


@pytest.mark.parametrize(
    ("pet_name", "owner_name", "video_format", "plain", "full"),
    [
        ("Toby", "Matt", "square", "Toby-and-Matt.mp4", None),
        ("Toby", "Matt", "story", "Toby-and-Matt-story.mp4", None),
        ("Sir  Toby", "Anna Lena", "hd", "Sir-Toby-and-Anna-Lena-hd.mp4", None),
        ("Zoë", "José", "square", "Zoe-and-Jose.mp4", "Zoë-and-José.mp4"),
        ("Мурка", "Аня", "story", "love-song-story.mp4", "Мурка-and-Аня-story.mp4"),
        ("李", "Weiß", "square", "love-song.mp4", "李-and-Weiß.mp4"),
        ("", "", "square", "love-song.mp4", None),
        ("", "Matt", "square", "Matt.mp4", None),
        ('x"; y=z', "../../etc", "square", "x-;-y=z-and-..-..-etc.mp4", None),
    ],
)
def test_a_video_is_named_after_both(
    pet_name: str, owner_name: str, video_format: str, plain: str, full: str | None
) -> None:
    assert names_in(attach_video(pet_name, owner_name, video_format)) == (plain, full)


def test_no_name_breaks_the_header() -> None:
    chance = random.Random(14)
    for _ in range(3000):
        names = [
            "".join(
                chr(chance.choice((chance.randrange(0x180), chance.randrange(0x110000))))
                for _ in range(chance.randrange(12))
            )
            for _ in range(2)
        ]
        plain, full = names_in(attach_video(names[0], names[1], "square"))
        for name in filter(None, (plain, full)):
            assert name.endswith(".mp4")
            assert not name.startswith(".")
            assert not set(name) & set('"*/:<>?\\|\r\n\0')
            assert not any(unicodedata.category(letter) == "Cc" for letter in name)
