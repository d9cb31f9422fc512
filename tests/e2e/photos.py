"""Photos as phones take them, drawn here; their colours show which side is up.

Invariant: the same call draws the same picture.
"""

import io

import numpy as np
from PIL import ExifTags, Image, ImageDraw, ImageFilter

SKY = (128, 184, 232)
GRASS = (84, 148, 66)
POST = (214, 36, 150)
FUR = (186, 132, 74)
DARK = (44, 30, 24)
TURNED_RIGHT = 6
"""The EXIF orientation of a phone held upright: the picture is stored lying on its left side."""


def draw_pet(width_px: int, height_px: int) -> Image.Image:
    """Draw a dog on grass under the sky, between two posts at the edges."""
    picture = Image.new("RGB", (width_px, height_px), SKY)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, height_px * 0.6, width_px, height_px), fill=GRASS)
    post_px = width_px // 25
    draw.rectangle((0, 0, post_px, height_px), fill=POST)
    draw.rectangle((width_px - post_px, 0, width_px, height_px), fill=POST)

    x, y, size = width_px / 2, height_px / 2, min(width_px, height_px) / 3.2

    def oval(dx: float, dy: float, rx: float, ry: float, fill: tuple[int, int, int]) -> None:
        cx, cy = x + dx * size, y + dy * size
        draw.ellipse((cx - rx * size, cy - ry * size, cx + rx * size, cy + ry * size), fill=fill)

    for side in (-1, 1):
        oval(side * 0.72, -0.1, 0.24, 0.56, DARK)
    oval(0, 0, 0.72, 0.78, FUR)
    oval(0, 0.32, 0.4, 0.34, (236, 214, 184))
    for side in (-1, 1):
        oval(side * 0.28, -0.14, 0.11, 0.13, (250, 250, 245))
        oval(side * 0.28, -0.12, 0.07, 0.09, DARK)
    oval(0, 0.2, 0.15, 0.1, DARK)
    oval(0, 0.5, 0.1, 0.12, (220, 96, 108))
    grain = np.random.default_rng(14).normal(0, 7, (height_px, width_px, 3))
    blurred = np.asarray(picture.filter(ImageFilter.GaussianBlur(1.2)), np.float32)
    return Image.fromarray(np.clip(blurred + grain, 0, 255).astype(np.uint8))


def phone_photo(width_px: int = 900, height_px: int = 1200) -> bytes:
    """Return a JPEG that lies on its side until its EXIF turns it, with a GPS position."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = TURNED_RIGHT
    exif[ExifTags.Base.Make] = "Petsong Phones"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: (52.0, 31.0, 12.0),
            ExifTags.GPS.GPSLongitudeRef: "E",
            ExifTags.GPS.GPSLongitude: (13.0, 24.0, 36.0),
        }
    )
    stored = draw_pet(width_px, height_px).transpose(Image.Transpose.ROTATE_90)
    return write_jpeg(stored, exif)


def write_jpeg(picture: Image.Image, exif: Image.Exif | None = None) -> bytes:
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=90, exif=exif or Image.Exif())
    return content.getvalue()
