"""Untrusted base64 -> a clean JPEG.

The stored photo is encoded again from the pixels: no byte of the upload survives, so neither
locations nor hidden files do. The size is read from the header before anything is decoded.
"""

import base64
import io
import warnings
from typing import Final

from PIL import ExifTags, Image, ImageCms, ImageOps

from server import words
from server.errors import FormRejected

SIZE_PX: Final = (600, 600)
MAX_BYTES: Final = 5 * 1024 * 1024
MAX_BASE64_CHARACTERS: Final = (MAX_BYTES + 2) // 3 * 4
DATA_URL_PREFIX: Final = "data:image/jpeg;base64,"
QUALITY: Final = 92
MAX_SCANS: Final = 200
"""Cameras write about ten. Each costs a millisecond, and 100,000 fit into 5 MB."""
START_OF_SCAN: Final = b"\xff\xda"

SRGB: Final = ImageCms.createProfile("sRGB")

# Files that Pillow only warns about are rejected like other damaged files.
warnings.filterwarnings("error", module=r"PIL\.")


def clean_photo(text: str) -> bytes:
    """Return a 600x600 sRGB JPEG without metadata, made from a base64 JPEG of that size.

    `text` may be a data URL. Takes some milliseconds of a core; see `pool.py` for where it runs.
    Raises FormRejected for anything else than such a photo.
    """
    upload = _decode_base64(text)
    try:
        return _redraw(upload)
    # Pillow's parsers raise all kinds of errors for malicious bytes (OSError, SyntaxError,
    # struct.error, KeyError, DecompressionBombError ...), and the photo is the only input here.
    except Exception as error:
        raise photo_rejected() from error


def photo_rejected() -> FormRejected:
    """The spec's error for an invalid photo."""
    message = words.PHOTO_INVALID
    return FormRejected("Invalid image format", message, {"photo": message})


def _decode_base64(text: str) -> bytes:
    encoded = text.removeprefix(DATA_URL_PREFIX)
    if not 0 < len(encoded) <= MAX_BASE64_CHARACTERS:
        raise photo_rejected()
    try:
        upload = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise photo_rejected() from error
    if len(upload) > MAX_BYTES:
        raise photo_rejected()
    return upload


def _redraw(upload: bytes) -> bytes:
    if upload.count(START_OF_SCAN) > MAX_SCANS:
        raise ValueError("the photo has too many scans")
    with Image.open(io.BytesIO(upload), formats=("JPEG",)) as photo:
        if photo.size != SIZE_PX:
            raise ValueError(f"the photo is {photo.width}x{photo.height}")
        # Without this, saving would make another copy of the photo.
        photo.load()
        clean = _to_srgb(_upright(photo))
        # Everything that Pillow would copy besides the pixels: comment, XMP, profile. It never
        # copies EXIF.
        clean.info = {}
        jpeg = io.BytesIO()
        clean.save(jpeg, "JPEG", quality=QUALITY)
    return jpeg.getvalue()


def _upright(photo: Image.Image) -> Image.Image:
    # Most photos are upright already, and each copy of the pixels takes half a millisecond.
    if photo.getexif().get(ExifTags.Base.Orientation, 1) == 1:
        return photo
    return ImageOps.exif_transpose(photo)


def _to_srgb(photo: Image.Image) -> Image.Image:
    profile = photo.info.get("icc_profile")
    if not profile:
        return photo if photo.mode == "RGB" else photo.convert("RGB")
    converted = ImageCms.profileToProfile(
        photo, ImageCms.ImageCmsProfile(io.BytesIO(profile)), SRGB, outputMode="RGB"
    )
    if converted is None:
        raise ValueError("the colour profile cannot be applied")
    return converted
