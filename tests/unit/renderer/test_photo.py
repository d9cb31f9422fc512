"""Photos as cameras, phones and drawing programs write them, opened by Pillow and shown right."""

import io
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from renderer import BadPhoto
from renderer.colour import Bytes
from renderer.headers import measure
from renderer.photo import decode_photo, read_photo

CORAL, WHITE = (220, 110, 70), (255, 255, 255)  # RGB, Pillow's order


def show(content: bytes) -> Bytes:
    """Return what the record shows, in RGB."""
    return decode_photo(content, Path("pet"), 360)[..., ::-1]


def save(picture: Image.Image, kind: str, **options: object) -> bytes:
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


def paint(mode: str = "RGB", size: tuple[int, int] = (400, 400)) -> Image.Image:
    picture = Image.new("RGB", size, CORAL)
    return picture.quantize() if mode == "P" else picture.convert(mode)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_upright(orientation: int) -> None:
    upright = np.zeros((400, 400), np.uint8)
    upright[:200, :100] = 220  # no turning or mirroring leaves this unchanged
    stored = {
        1: upright,
        2: np.fliplr(upright),
        3: np.rot90(upright, 2),
        4: np.flipud(upright),
        5: upright.T,
        6: np.rot90(upright),
        7: np.rot90(upright, 2).T,
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    shown = show(save(Image.fromarray(stored), "JPEG", quality=95, exif=exif))
    expected = cv2.resize(upright, (360, 360), interpolation=cv2.INTER_AREA)
    assert np.abs(shown[..., 0].astype(int) - expected).mean() < 3


@pytest.mark.parametrize("size", [(900, 500), (500, 900), (30, 20), (4000, 300)])
def test_a_photo_is_cropped_to_its_middle(size: tuple[int, int]) -> None:
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    cv2.circle(picture, (size[0] // 2, size[1] // 2), min(size) // 4, (255, 255, 255), -1)
    shown = show(save(Image.fromarray(picture), "PNG"))
    assert shown.shape == (360, 360, 3)
    y, x = np.mgrid[:360, :360] - 179.5
    weight = shown[..., 0] / shown[..., 0].sum()
    assert abs((weight * x).sum()) < 10
    assert abs((weight * y).sum()) < 10
    assert weight[0, 0] == 0


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("RGB", "JPEG"),
        ("CMYK", "JPEG"),
        ("RGB", "PNG"),
        ("RGBA", "PNG"),
        ("P", "PNG"),
        ("RGB", "WEBP"),
        ("RGBA", "WEBP"),
        ("RGB", "GIF"),
        ("RGB", "BMP"),
        ("RGB", "TIFF"),
    ],
)
def test_a_colour_is_shown_from_any_kind_of_file(mode: str, kind: str) -> None:
    shown = show(save(paint(mode), kind))
    assert np.abs(shown.astype(int) - CORAL).max() <= 4


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_grey_photo_keeps_its_grey(dtype: type[np.unsignedinteger]) -> None:
    picture = np.full((400, 400), 200 * np.iinfo(dtype).max // 255, dtype)
    assert np.abs(show(save(Image.fromarray(picture), "PNG")).astype(int) - 200).max() <= 1


def test_one_pixel_is_a_photo() -> None:
    assert np.abs(show(save(paint(size=(1, 1)), "PNG")).astype(int) - CORAL).max() == 0


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_transparency_is_shown_as_white(kind: str) -> None:
    picture = Image.new("RGBA", (400, 400), (0, 0, 0, 0))  # black in the transparent area
    picture.paste((*CORAL, 255), (0, 0, 400, 200))
    shown = show(save(picture, kind)).astype(int)
    assert np.abs(shown[:170] - CORAL).max() <= 4
    assert shown[190:].min() >= 253


@pytest.mark.parametrize("bits", [8, 16])
def test_half_transparency_is_half_white(bits: int) -> None:
    full = 2**bits - 1
    picture = np.full((400, 400, 4), full // 2, np.uint8 if bits == 8 else np.uint16)
    picture[..., :3] = (0, 0, full)  # BGR
    is_encoded, png = cv2.imencode(".png", picture)
    assert is_encoded
    assert np.abs(show(png.tobytes()).astype(int) - (255, 128, 128)).max() <= 1


def test_grey_with_transparency_is_shown() -> None:
    picture = Image.new("LA", (400, 400), (0, 0))
    assert show(save(picture, "PNG")).min() == 255


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_a_moving_picture_shows_its_first_frame(kind: str) -> None:
    others = [Image.new("RGB", (400, 400), WHITE)]
    content = save(paint(), kind, save_all=True, append_images=others, duration=40)
    assert np.abs(show(content).astype(int) - CORAL).max() <= 6


def claim_png(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk


def claim_jpeg(width: int, height: int) -> bytes:
    content = save(paint(), "JPEG")
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


def claim_webp(width: int, height: int) -> bytes:
    content = save(paint(), "WEBP", lossless=True)
    assert content[12:16] == b"VP8L"
    (bits,) = struct.unpack_from("<I", content, 21)
    bits = bits >> 28 << 28 | height - 1 << 14 | width - 1
    return content[:21] + struct.pack("<I", bits) + content[25:]


def claim_gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + save(paint(), "GIF")[10:]


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (claim_png(60_000, 50_000), "60000x50000"),
        (claim_jpeg(65_000, 64_000), "65000x64000"),
        (claim_webp(16_000, 12_000), "16000x12000"),
        (claim_gif(65_000, 60_000), "65000x60000"),
    ],
    ids=["png", "jpeg", "webp", "gif"],
)
def test_a_picture_that_claims_to_be_huge_is_refused_undecoded(content: bytes, size: str) -> None:
    with pytest.raises(BadPhoto, match=rf"^pet is {size}, more than 120,000,000 pixels$"):
        show(content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_photo_cut_anywhere_is_a_bad_photo_or_shown(kind: str) -> None:
    content = save(paint(size=(64, 64)), kind)
    for length in range(0, len(content), 7):
        with suppress(BadPhoto):
            show(content[:length])
    with pytest.raises(BadPhoto, match=r"^pet is not a complete picture"):
        show(content[:24])


@pytest.mark.parametrize(
    ("mode", "kind", "options"),
    [
        ("RGB", "JPEG", {"progressive": True}),
        ("CMYK", "JPEG", {}),
        ("L", "PNG", {}),
        ("P", "GIF", {}),
        ("RGB", "WEBP", {}),
        ("RGB", "WEBP", {"lossless": True}),
        ("RGBA", "WEBP", {"exif": b"Exif\0\0"}),
        ("RGB", "TIFF", {}),
    ],
)
def test_a_pictures_size_is_in_its_header(mode: str, kind: str, options: dict[str, object]) -> None:
    content = save(paint(mode, (300, 70)), kind, **options)
    assert measure(content) == ((0, 0) if kind == "TIFF" else (300, 70))
    assert {measure(content[:length]) for length in range(len(content))} <= {(0, 0), (300, 70)}


def test_a_missing_photo_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jpg", tmp_path):
        with pytest.raises(BadPhoto, match=str(path)):
            read_photo(path)
