"""Files that are small until they are decoded: the web and its child stay within bounds."""

import base64
import os
from contextlib import suppress

import pytest

from server.errors import FormRejected
from server.photos.pool import PhotoPool
from tests.inputs.images import draw
from tests.unit.photos.conftest import list_photo_children
from tests.unit.renderer.children import read_memory

PHOTO = base64.b64encode(draw("saved")).decode()
BOMBS = {
    "PNG of 177 megapixels": draw("png", width=13300, height=13300),
    "PNG that claims 900 megapixels": draw("png", width=30000, height=30000, rows=9),
    "PNG of 16 bits": draw("png", width=600, height=600, bits=16, colour=6),
    "JPEG that claims 900 megapixels": draw("frame_size", width=30000, height=30000),
    "JPEG that claims 4 gigapixels": draw("frame_size", width=65535, height=65535),
    "progressive JPEG that does": draw("frame_size", width=65535, height=65535, marker=0xC2),
    "PNG with a profile of 500 MB": draw("png_text", kind="iCCP", megabytes=500),
    "PNG with a text of 500 MB": draw("png_text", kind="zTXt", megabytes=500),
    "GIF of 300 frames": draw("animated", kind="GIF", frames=300),
    "PNG of 60 frames": draw("animated", kind="PNG", frames=60),
    "JPEG of 150 scans": draw("scans", count=150),
    "JPEG of 300,000 scans": draw("scans", count=300_000),
    "5 MB of EXIF": draw("segments", marker=0xE1, count=79, head="Exif\0\0II*\0\x08\0\0\0"),
    "5 MB of profile": draw("icc", count=79),
    "EXIF of 4 billion values": draw("exif", count=0xFFFFFFFF, offset=8),
    "5 MB of comments": draw("segments", marker=0xFE, count=79),
}
CLEANED = {"JPEG of 150 scans", "5 MB of EXIF", "5 MB of comments"}


@pytest.mark.fault(16)
async def test_bombs_are_refused_within_bounds(pool: PhotoPool) -> None:
    uploads = {name: base64.b64encode(bomb).decode() for name, bomb in BOMBS.items()}
    await pool.clean(PHOTO)
    (child,) = list_photo_children()
    ours = read_memory(os.getpid(), "VmRSS")
    cleaned = set()

    for name, upload in uploads.items():
        with suppress(FormRejected):
            await pool.clean(upload)
            cleaned.add(name)

    assert cleaned == CLEANED
    assert list_photo_children() == {child}
    assert read_memory(child, "VmHWM") < 80 << 20
    assert read_memory(os.getpid(), "VmRSS") - ours < 60 << 20
