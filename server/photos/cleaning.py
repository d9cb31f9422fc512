"""Base64 from a stranger -> the bytes of a clean JPEG.

What is stored is drawn anew from the pixels: no byte of the upload survives, so neither a location
nor a hidden file does. The size is read from the header, before anything is decoded.
"""

import base64
import io
import warnings
from typing import Final

from PIL import ExifTags, Image, ImageCms, ImageOps

from server.errors import FormRejected

SIZE_PX: Final = (600, 600)
MAX_BYTES: Final = 5 * 1024 * 1024
MAX_BASE64_CHARACTERS: Final = (MAX_BYTES + 2) // 3 * 4
DATA_URL_PREFIX: Final = "data:image/jpeg;base64,"
QUALITY: Final = 92
MAX_SCANS: Final = 200
"""Cameras write ten or so; each costs a millisecond, and 100,000 of them fit into 5 MB."""
START_OF_SCAN: Final = b"\xff\xda"

SRGB: Final = ImageCms.createProfile("sRGB")

# A damaged file that Pillow only warns about is refused like any other damaged file.
warnings.filterwarnings("error", module=r"PIL\.")


def clean_photo(text: str) -> bytes:
    """Return a 600x600 sRGB JPEG without metadata, made from a base64 JPEG of that size.

    `text` may be a data URL. Takes some milliseconds of a core; see `pool.py` for where it runs.
    Raises FormRejected for anything else than such a photo.
    """
    upload = _decode_base64(text)
    try:
        return _redraw(upload)
    # Pillow's parsers raise whatever the bytes lead them into (OSError, SyntaxError, struct.error,
    # KeyError, DecompressionBombError ...), and nothing but those bytes is at work here.
    except Exception as error:
        raise photo_rejected() from error


def photo_rejected() -> FormRejected:
    """Return the spec's refusal of a photo."""
    message = "Please upload JPG or PNG image under 5MB"
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
        # A photo that is still to be decoded would be copied once more when it is saved.
        photo.load()
        clean = _to_srgb(_upright(photo))
        # All that Pillow would copy beside the pixels: comment, XMP, profile. EXIF it never copies.
        clean.info = {}
        jpeg = io.BytesIO()
        clean.save(jpeg, "JPEG", quality=QUALITY)
    return jpeg.getvalue()


def _upright(photo: Image.Image) -> Image.Image:
    # Most photos stand upright, and each copy of the pixels takes half a millisecond.
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
