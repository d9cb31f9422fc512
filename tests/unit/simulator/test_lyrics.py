from __future__ import annotations

import pytest

from server.simulator.lyrics import VIBES, Dedication, write_lyrics
from server.simulator.music.vibes import VIBES as SOUNDS

TEMPLATE = (
    "Create a heartfelt Valentine's Day love song celebrating the special bond between "
    "{owner} and their beloved {kind} {pet}. Make it warm, genuine, and mention both names."
)


@pytest.mark.parametrize(
    ("owner", "kind", "pet"),
    [
        ("Matt", "Dog", "Toby"),
        ("Zoë van Dijk", "Cat", "Łukasz Two"),
        ("عمر", "Fish", "小花"),
        ("And", "Other", "Their Beloved"),
    ],
)
def test_names_are_read_from_the_prompt(owner: str, kind: str, pet: str) -> None:
    prompt = TEMPLATE.format(owner=owner, kind=kind, pet=pet)
    expected = Dedication(owner_name=owner, pet_name=pet, pet_type=kind, vibe="Party")
    assert Dedication.parse(prompt, ["Party", "love song"]) == expected


@pytest.mark.parametrize(
    ("prompt", "tags", "vibe"),
    [
        (None, ["Chill"], "Chill"),
        (None, ["love song", "energetic"], "Energetic"),
        ("A relaxing song", None, "Relaxing"),
        ("A song", ["Other", "love song"], "Other"),
        ("A song", [], "Other"),
    ],
)
def test_vibe_is_read_from_tags_or_prompt(
    prompt: str | None, tags: list[str] | None, vibe: str
) -> None:
    assert Dedication.parse(prompt, tags).vibe == vibe


@pytest.mark.parametrize("vibe", VIBES)
@pytest.mark.parametrize("kind", ["Dog", "Cat", "Bird", "Fish", "Other"])
def test_lyrics_name_both_in_headed_sections(vibe: str, kind: str) -> None:
    lyrics = write_lyrics(Dedication("Zoë {0}", "小花", kind, vibe), seed=3)
    sections = lyrics.split("\n\n")
    headings = [section.split("\n")[0] for section in sections]
    assert headings == ["[Verse 1]", "[Chorus]", "[Verse 2]", "[Chorus]", "[Outro]"]
    assert all("Zoë {0}" in section and "小花" in section for section in sections)


def test_each_vibe_has_words_and_a_sound_of_its_own() -> None:
    assert set(VIBES) == set(SOUNDS)
    texts = {write_lyrics(Dedication("A B", "C D", "Dog", vibe), seed=1) for vibe in VIBES}
    assert len(texts) == len(VIBES)
