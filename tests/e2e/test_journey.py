"""One visitor's whole journey, from a phone's photo to the downloaded video."""

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from playwright.async_api import Locator, expect

from tests.e2e.photos import GRASS, POST, SKY, phone_photo
from tests.e2e.rows import finish_song
from tests.e2e.visitor import Visitor
from tests.servers import wait_until
from tests.sites import Site

STAGES = [
    "Looking for your song …",
    "Your song is waiting for a free place in the studio.",
    "The band is writing and recording your song.",
    "Your song is recorded. We are collecting the tape.",
    "We are pressing your song onto your own record.",
    "Your song is ready. Here it comes …",
]


async def wait_until_it_plays(video: Locator) -> None:
    """Wait until a video shows a picture and its time advances."""

    async def is_playing() -> bool:
        return bool(await video.evaluate("video => video.currentTime > 0.2 && video.videoWidth"))

    await wait_until(is_playing, message="the video plays")


def is_near(picture: np.ndarray, colour: tuple[int, int, int]) -> bool:
    """Whether an area has roughly this colour on average."""
    return bool(np.abs(picture.reshape(-1, 3).mean(axis=0) - colour).max() < 24)


async def test_from_a_phones_photo_to_the_downloaded_video(
    site: Site, visitor: Visitor, tmp_path: Path
) -> None:
    page = visitor.page
    await visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visitor.open("/")

    await visitor.choose_photo(phone_photo())
    for _ in range(3):
        await page.get_by_role("button", name="Zoom in").click()
    await visitor.shown("crop-accept").click()
    await expect(visitor.shown("photo-preview")).to_be_visible()
    await visitor.fill_in()
    await visitor.submit()
    await page.wait_for_url("**/waiting/*")
    session_id = visitor.session_id

    await expect(visitor.shown("stage")).to_have_text(STAGES[2])
    await wait_until_it_plays(visitor.shown("preview"))
    await finish_song(site, session_id)
    await page.wait_for_url(f"**/result/{session_id}")

    video = visitor.shown("video")
    await video.evaluate("video => { video.muted = true; return video.play() }")
    await wait_until_it_plays(video)
    await expect(visitor.shown("couple")).to_have_text("Toby & Matt")
    await visitor.sees("lyrics", "Toby")
    await visitor.sees("lyrics", "Matt")
    await visitor.shown("copy").click()
    await expect(visitor.shown("copy")).to_have_text("Copied!")
    assert await page.evaluate("navigator.clipboard.readText()") == page.url
    async with page.expect_download() as download:
        await visitor.shown("download").click()
    saved = tmp_path / "download.mp4"
    await (await download.value).save_as(saved)

    assert (await download.value).suggested_filename == "Toby-and-Matt.mp4"
    with av.open(str(saved)) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
        assert container.duration == pytest.approx(3e6, abs=2e5)
    log = await visitor.submission_log()
    assert log["cookie_id"].startswith("cookie_")
    assert [entry["session_id"] for entry in log["entries"]] == [session_id]

    # Everything came by push: each page was loaded once, and nothing was polled.
    assert visitor.navigations == ["/", f"/waiting/{session_id}", f"/result/{session_id}"]
    assert len(visitor.asked("SOCKET")) == 1
    assert not visitor.asked(f"GET {site.url}/api/submissions")
    assert visitor.stages == [stage for stage in STAGES if stage in visitor.stages]
    # The last stage may be missing: the page leaves for the result as soon as it has shown it.
    assert {STAGES[2], STAGES[4]} <= set(visitor.stages)
    assert visitor.percents == sorted(visitor.percents)

    own_host = site.url.removeprefix("http:")
    assert not [line for line in visitor.requests if own_host not in line and "blob:" not in line]
    assert not visitor.refused


async def test_the_photo_is_stored_as_cropped(site: Site, visitor: Visitor) -> None:
    await visitor.open("/")
    await visitor.choose_photo(phone_photo())
    for _ in range(3):
        await visitor.page.get_by_role("button", name="Zoom in").click()
    await visitor.shown("crop-accept").click()
    await expect(visitor.shown("photo-preview")).to_be_visible()
    await visitor.fill_in()
    await visitor.submit()
    await visitor.page.wait_for_url("**/waiting/*")

    with Image.open(site.folder / "uploads" / f"{visitor.session_id}.jpg") as stored:
        pixels = np.asarray(stored, np.float32)
        assert not stored.getexif()
    assert pixels.shape == (600, 600, 3)
    assert is_near(pixels[:40], SKY)
    assert is_near(pixels[-40:], GRASS)
    assert not is_near(pixels[:, :10], POST)
