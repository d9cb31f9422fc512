"""What is stored of a photo, and the answers if it kills its child or no child is available."""

import asyncio
import base64
import io
import os
import signal
import sys
from collections.abc import Mapping

import pytest
from PIL import Image

from server.services import Services
from server.submissions.model import CookieQuota, Submission
from tests.integration.conftest import Client, Connect, OpenStack
from tests.integration.web.forms import form
from tests.unit.renderer.children import list_children

UNREADABLE = "This photo could not be read. Please try again, or choose another one."


async def nothing_is_left(services: Services) -> bool:
    is_empty = not any(services.storage.photos.iterdir())
    return is_empty and not await Submission.exists() and not await CookieQuota.exists()


def draw_odd_photos() -> Mapping[str, bytes]:
    """Photos that contain more than a picture, or are not in RGB."""
    exif = Image.Exif()
    exif[0x010E] = "SECRET-PLACE"
    exif.get_ifd(0x8825)[1] = "N"

    def encode(mode: str, **options: object) -> bytes:
        content = io.BytesIO()
        Image.new(mode, (600, 600)).save(content, "JPEG", **options)
        return content.getvalue()

    return {
        "row 18, grey": encode("L"),
        "row 18, CMYK": encode("CMYK"),
        "row 20": encode("RGB", exif=exif, comment=b"SECRET-COMMENT", xmp=b"SECRET-XMP"),
        "row 21": encode("RGB") + b"<script>SECRET</script>",
    }


@pytest.mark.fault(18, 20, 21)
async def test_only_the_picture_is_stored(client: Client, services: Services) -> None:
    for name, upload in draw_odd_photos().items():
        photo = base64.b64encode(upload).decode()

        answer = await client.post("/api/submissions", json=form(photo=photo, cookie_id=None))

        assert answer.status_code == 200, name
        session_id = (await answer.get_json())["session_id"]
        kept = (services.storage.photos / f"{session_id}.jpg").read_bytes()
        assert b"SECRET" not in kept, name
        with Image.open(io.BytesIO(kept)) as picture:
            assert (picture.mode, picture.size) == ("RGB", (600, 600)), name
            assert not picture.getexif(), name


@pytest.mark.fault(19, 22)
async def test_a_photo_that_hangs_its_child_is_refused(
    open_stack: OpenStack, connect: Connect
) -> None:
    async with open_stack(photo_timeout_seconds=0.5) as services:
        client = connect(services)
        await client.post("/api/submissions", json=form(photo="bm90IGEgcGhvdG8="))
        (child,) = list_children(module="server.photos.child")
        os.kill(child, signal.SIGSTOP)

        refused = await client.post("/api/submissions", json=form())

        assert refused.status_code == 400
        assert await refused.get_json() == {
            "success": False,
            "error": "Invalid image format",
            "message": UNREADABLE,
            "fields": {"photo": UNREADABLE},
        }
        assert await nothing_is_left(services)
        assert (await client.post("/api/submissions", json=form())).status_code == 200


@pytest.mark.fault(22)
async def test_without_a_child_the_form_may_be_sent_again(
    client: Client, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", "/bin/false")
        refused = await client.post("/api/submissions", json=form())

    assert refused.status_code == 503
    assert (await refused.get_json())["error"] == "service_unavailable"
    assert await nothing_is_left(services)
    assert (await client.post("/api/submissions", json=form())).status_code == 200


@pytest.mark.fault(19)
async def test_photos_that_hang_only_delay_the_others(
    open_stack: OpenStack, connect: Connect
) -> None:
    async with open_stack(photo_timeout_seconds=2) as services:
        client = connect(services)
        await asyncio.gather(*(client.post("/api/submissions", json=form()) for _ in range(4)))
        for child in list_children(module="server.photos.child"):
            os.kill(child, signal.SIGSTOP)

        responses = await asyncio.gather(
            *(client.post("/api/submissions", json=form(cookie_id=None)) for _ in range(9))
        )

        statuses = [response.status_code for response in responses]
        assert sorted(statuses) == [200] * 7 + [400] * 2
        assert await Submission.all().count() == 4 + 7


async def test_nothing_of_the_children_is_left_when_the_site_ends(
    open_stack: OpenStack, connect: Connect
) -> None:
    async with open_stack() as services:
        await connect(services).post("/api/submissions", json=form())
        assert list_children(module="server.photos.child")

    assert not list_children(module="server.photos.child")
