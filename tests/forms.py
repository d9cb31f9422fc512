"""The usual form: the only place in the tests that lists its fields."""

from collections.abc import Mapping
from typing import Final

ANSWERS: Final[Mapping[str, str]] = {
    "pet_name": "Toby",
    "pet_type": "Dog",
    "music_vibe": "Romantic",
    "owner_name": "Matt",
}
"""What a visitor types and chooses; stored in columns of the same names."""
COOKIE_ID: Final = "cookie_abc123xyz"


def write_form(photo: str, *, cookie_id: str | None = COOKIE_ID) -> dict[str, object]:
    """Return a valid form; `photo` is base64."""
    return {**ANSWERS, "photo": photo, "cookie_id": cookie_id}
