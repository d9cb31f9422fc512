"""Hostile songs by name, like the pictures of `images.py`; they are checked before use."""

# mypy: allow-untyped-calls
# (mutagen is only partly typed.)

import io
import wave
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from mutagen.id3 import APIC, ID3

from tests.unit.renderer.media import write_song


@cache
def song() -> bytes:
    """Two seconds of sound as an MP3."""
    with TemporaryDirectory() as folder:
        return write_song(Path(folder) / "song.mp3").read_bytes()


def cut(percent: int) -> bytes:
    """A song of which only this much has arrived."""
    return song()[: len(song()) * percent // 100]


def beginning(text: str, count: int = 1) -> bytes:
    """Any other text disguised as a song."""
    return count * text.encode("latin-1")


def noise(count: int, seed: int) -> bytes:
    return np.random.default_rng(seed).integers(0, 256, count, np.uint8).tobytes()


def headers(count: int, second: int = 0xFB, third: int = 0x90, gap: int = 0) -> bytes:
    """Frame headers with nothing but zeros, or too little, between them."""
    return count * (bytes([0xFF, second, third, 0x64]) + bytes(gap))


def damaged(step: int, value: int = 0) -> bytes:
    """A song with every `step`th byte set."""
    content = bytearray(song())
    content[::step] = bytes([value]) * len(content[::step])
    return bytes(content)


def tagged(size: int, picture_bytes: int = 0) -> bytes:
    """An ID3 tag that claims `size` bytes, a picture in it, and no song behind it."""
    if picture_bytes:
        content = io.BytesIO()
        tags = ID3()
        tags.add(APIC(mime="image/jpeg", data=b"\xff\xd8" + bytes(picture_bytes)))
        tags.save(content)
        return content.getvalue()
    synchsafe = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\0\0" + synchsafe + bytes(100)


def wav(seconds: int) -> bytes:
    """A silent WAV."""
    content = io.BytesIO()
    with wave.open(content, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16_000 * seconds))
    return content.getvalue()


Recipe = Callable[..., bytes]
RECIPES: Mapping[str, Recipe] = {
    recipe.__name__: recipe
    for recipe in (song, cut, beginning, noise, headers, damaged, tagged, wav)
}


def compose(name: str, **numbers: Any) -> bytes:
    """Return the bytes of a recipe."""
    return RECIPES[name](**numbers)
