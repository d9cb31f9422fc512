"""Only a 600x600 JPEG passes, and nothing of the upload remains but its pixels."""

import base64
import io
import random
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from server.errors import FormRejected
from server.photos.cleaning import MAX_BYTES, clean_photo

RED, GREEN = (200, 40, 40), (40, 160, 60)


def picture(mode: str = "RGB", size: tuple[int, int] = (600, 600)) -> Image.Image:
    """A picture that is red at the top and green at the bottom."""
    image = Image.new("RGB", size, RED)
    image.paste(GREEN, (0, size[1] // 2, size[0], size[1]))
    return image.convert(mode)


def encode(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def clean(upload: bytes, prefix: str = "") -> bytes:
    return clean_photo(prefix + base64.b64encode(upload).decode())


def reopen(jpeg: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(jpeg))
    image.load()
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (600, 600))
    return image


def is_close(colour: object, expected: tuple[int, int, int], within: int = 12) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(a - b) <= within for a, b in zip(colour, expected, strict=True))


@pytest.mark.parametrize("prefix", ["", "data:image/jpeg;base64,"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 100}])
def test_a_cleaned_photo_shows_the_same_picture(prefix: str, options: dict[str, Any]) -> None:
    image = reopen(clean(encode(picture(), **options), prefix))

    assert is_close(image.getpixel((300, 100)), RED)
    assert is_close(image.getpixel((300, 500)), GREEN)


@pytest.mark.fault(14)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "data:image/jpeg;base64,",
        "data:text/html;base64,PGI+",
        "data:image/jpeg;base64" + base64.b64encode(encode(picture())).decode(),
        base64.b64encode(encode(picture())).decode() + "\n",
        "@@@@" + base64.b64encode(encode(picture())).decode(),
        base64.b64encode(encode(picture()) + b"x").decode().rstrip("="),
        base64.urlsafe_b64encode(b"\xfb\xff" * 99).decode(),
        "ÄÖÜ=",
    ],
    ids=str.__len__,
)
def test_text_that_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(FormRejected):
        clean_photo(text)


@pytest.mark.fault(15)
@pytest.mark.parametrize("size", [(599, 600), (600, 601), (1, 1), (65000, 1)])
def test_photos_of_another_size_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(FormRejected):
        clean(encode(Image.new("L", size)))


@pytest.mark.fault(16)
def test_a_decompression_bomb_is_refused_by_its_header() -> None:
    header = bytearray(encode(picture()))
    start = header.index(b"\xff\xc0")
    header[start + 5 : start + 9] = (30000).to_bytes(2, "big") * 2

    with pytest.raises(FormRejected):
        clean(bytes(header))


@pytest.mark.fault(17)
@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "BMP", "TIFF", "PDF", "EPS"])
def test_other_picture_formats_are_refused(kind: str) -> None:
    with pytest.raises(FormRejected):
        clean(encode(picture(), kind))


@pytest.mark.fault(18)
@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_photos_in_other_colour_modes_become_rgb(mode: str) -> None:
    image = reopen(clean(encode(picture(mode))))

    expected = picture(mode).convert("RGB").getpixel((300, 100))
    assert isinstance(expected, tuple)
    assert is_close(image.getpixel((300, 100)), (expected[0], expected[1], expected[2]))


@pytest.mark.fault(18)
def test_applies_the_colour_profile() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ"))
    with pytest.raises(FormRejected):
        clean(encode(picture("L"), icc_profile=profile.tobytes()))

    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    image = reopen(clean(encode(picture(), icc_profile=srgb.tobytes())))
    assert is_close(image.getpixel((300, 100)), RED)
    assert "icc_profile" not in image.info


@pytest.mark.fault(19)
def test_damaged_files_are_refused_or_redrawn() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (600, 600, 3), dtype=np.uint8)
    upload = encode(Image.fromarray(noise), quality=30)
    small = encode(picture())
    chance = random.Random(2)
    flipped = []
    for number in range(1000):
        # Damage to the small one is met earlier, and it is redrawn faster.
        damaged = bytearray(small if number % 20 else upload)
        damaged[chance.randrange(2, len(damaged))] ^= 1 << chance.randrange(8)
        flipped.append(bytes(damaged))

    for damaged_upload in [*flipped, *(upload[:end] for end in range(1, len(upload), 8192))]:
        try:
            reopen(clean(damaged_upload))
        except FormRejected:
            continue
    with pytest.raises(FormRejected):
        clean(upload[:-2000])


@pytest.mark.fault(19)
def test_bytes_after_the_picture_are_left_out() -> None:
    assert len(clean(encode(picture()) + bytes(1_000_000))) < 100_000


def test_photos_above_5_mb_are_refused() -> None:
    upload = encode(picture())
    clean(upload + bytes(MAX_BYTES - len(upload)))

    with pytest.raises(FormRejected):
        clean(upload + bytes(MAX_BYTES - len(upload) + 1))


@pytest.mark.fault(20, 21)
def test_only_the_pixels_of_an_upload_are_stored() -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET-PLACE"
    exif.get_ifd(0x8825)[1] = "N"
    upload = encode(picture(), exif=exif, comment=b"SECRET-COMMENT", xmp=b"SECRET-XMP")
    assert upload.count(b"SECRET") == 3

    jpeg = clean(upload + b"<script>SECRET</script>")

    assert b"SECRET" not in jpeg
    assert b"Exif" not in jpeg
    assert set(reopen(jpeg).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.fault(20)
@pytest.mark.parametrize(
    ("orientation", "x", "y"), [(1, 300, 100), (3, 300, 500), (6, 500, 300), (8, 100, 300)]
)
def test_turns_the_photo_upright(orientation: int, x: int, y: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation

    image = reopen(clean(encode(picture(), exif=exif)))

    assert is_close(image.getpixel((x, y)), RED)
