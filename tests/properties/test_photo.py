"""Any bytes sent as a photo are refused, or re-encoded without anything else."""

import base64
import io

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from server.errors import FormRejected
from server.photos.cleaning import clean_photo
from tests.inputs.images import draw

COMMENT, EXIF, PROFILE = 0xFE, 0xE1, 0xE2
MARKERS = st.sampled_from([COMMENT, EXIF, PROFILE]) | st.integers(0xC0, 0xFE)
PHOTO = draw("saved")


def expect_refusal_or_redrawing(text: str) -> None:
    try:
        jpeg = clean_photo(text)
    except FormRejected:
        return
    with Image.open(io.BytesIO(jpeg)) as photo:
        photo.load()
        assert (photo.format, photo.mode, photo.size) == ("JPEG", "RGB", (600, 600))
        assert set(photo.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def expect_for(upload: bytes) -> None:
    expect_refusal_or_redrawing(base64.b64encode(upload).decode())


@given(st.text(st.characters(codec=None), max_size=200))
def test_any_text_is_refused_or_redrawn(text: str) -> None:
    expect_refusal_or_redrawing(text)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_redrawn(upload: bytes) -> None:
    expect_for(upload)
    expect_for(b"\xff\xd8" + upload)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, len(PHOTO) - 1), st.integers(0, 255)), max_size=20))
def test_a_photo_with_any_bytes_changed(changes: list[tuple[int, int]]) -> None:
    upload = bytearray(PHOTO)
    for place, value in changes:
        upload[place] = value
    expect_for(bytes(upload))


@settings(max_examples=40)
@given(st.lists(st.tuples(MARKERS, st.binary(max_size=100)), max_size=5))
def test_a_photo_with_any_segments_added(segments: list[tuple[int, bytes]]) -> None:
    added = b"".join(
        bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body
        for marker, body in segments
    )
    expect_for(PHOTO[:2] + added + PHOTO[2:])


@settings(max_examples=40)
@given(st.integers(0, len(PHOTO)), st.integers(0, len(PHOTO)), st.binary(max_size=50))
def test_a_photo_with_any_part_replaced(first: int, second: int, middle: bytes) -> None:
    start, end = sorted((first, second))
    expect_for(PHOTO[:start] + middle + PHOTO[end:])
