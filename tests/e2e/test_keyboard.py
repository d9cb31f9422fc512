"""The whole journey with the keyboard alone, and the crop for anybody who cannot drag."""

import pytest
from playwright.async_api import FilePayload, expect

from tests.e2e.keyboard import expect_focus, press, tab_to
from tests.e2e.photos import phone_photo
from tests.e2e.rows import finish_song
from tests.e2e.visitor import Visitor
from tests.sites import Site

MOVES = {
    "Zoom in": "+",
    "Zoom out": "-",
    "Turn left": "[",
    "Turn right": "]",
    "Move left": "ArrowLeft",
    "Move up": "ArrowUp",
    "Move down": "ArrowDown",
    "Move right": "ArrowRight",
}
STEP_PX = 16
FRAME_FITS = """
() => {
  const area = document.querySelector('.crop-area')
  return area.querySelector('.cropper-container').offsetWidth === area.clientWidth
}
"""
READ_CUT = "JSON.parse(sessionStorage.submission_draft).photo"


@pytest.fixture
def visitor(visitor: Visitor) -> Visitor:
    """A visitor whose browser reports its file choosers.

    They must be requested beforehand: a request made when a key is pressed comes too late.
    """
    visitor.page.on("filechooser", lambda _: None)
    return visitor


async def choose_by_key(visitor: Visitor, key: str) -> None:
    """Open the browser's file dialog from the focused control and choose a photo."""
    async with visitor.page.expect_file_chooser() as opened:
        await visitor.page.keyboard.press(key)
    photo: FilePayload = {"name": "toby.jpg", "mimeType": "image/jpeg", "buffer": phone_photo()}
    await (await opened.value).set_files(photo)
    await expect(visitor.shown("crop-dialog")).to_be_visible()


async def cut(visitor: Visitor) -> str:
    """Accept the crop and return it as a data URL."""
    await visitor.shown("crop-accept").click()
    await expect(visitor.shown("crop-dialog")).to_be_hidden()
    await expect(visitor.shown("photo-preview")).to_be_visible()
    return str(await visitor.page.evaluate(READ_CUT))


async def test_a_song_can_be_ordered_and_shared_with_the_keyboard_alone(
    site: Site, visitor: Visitor
) -> None:
    page, keyboard = visitor.page, visitor.page.keyboard
    await visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visitor.open("/")

    await press(page, page.get_by_role("link", name="Skip to the form"))
    await keyboard.press("Tab")
    await expect_focus(page.get_by_label("Pet name"))
    await keyboard.type("Toby")
    await tab_to(page, page.get_by_label("Pet type"))
    await keyboard.type("Dog")
    await tab_to(page, visitor.shown("photo-input"))
    await choose_by_key(visitor, "Enter")
    await expect_focus(visitor.shown("crop-area"))
    for key in ("+", "+", "ArrowLeft", "]"):
        await keyboard.press(key)
    await press(page, page.get_by_role("button", name="Zoom in"))
    await press(page, page.get_by_role("button", name="Move down"), "Space")
    await press(page, visitor.shown("crop-accept"))
    await expect(visitor.shown("photo-preview")).to_be_visible()
    await expect_focus(visitor.shown("photo-input"))
    await tab_to(page, page.get_by_label("Music vibe"))
    await keyboard.type("Rom")
    await tab_to(page, page.get_by_label("Your name"))
    await keyboard.type("Matt")
    await press(page, visitor.shown("submit"))

    await page.wait_for_url("**/waiting/*")
    await expect(visitor.shown("preview")).to_be_visible()
    turning = page.get_by_role("button", name="Stop the record")
    await press(page, turning, "Space")
    await expect_focus(page.get_by_role("button", name="Turn the record"))
    await finish_song(site, visitor.session_id)

    await page.wait_for_url("**/result/*")
    await press(page, visitor.shown("copy"))
    await expect(visitor.shown("copy")).to_have_text("Copied!")
    await expect_focus(visitor.shown("copy"))
    assert await page.evaluate("navigator.clipboard.readText()") == page.url
    await press(page, visitor.shown("again"))
    await page.wait_for_url(f"{site.url}/")


async def test_escape_closes_a_dialog_and_restores_the_focus(visitor: Visitor) -> None:
    page, keyboard = visitor.page, visitor.page.keyboard
    await visitor.open("/")
    await tab_to(page, visitor.shown("photo-input"))
    await choose_by_key(visitor, "Space")
    await keyboard.press("Escape")
    await expect(visitor.shown("crop-dialog")).to_be_hidden()
    await expect_focus(visitor.shown("photo-input"))

    await visitor.crop_photo()
    again = page.get_by_role("button", name="Crop again")
    for leave in (visitor.shown("crop-cancel"), visitor.shown("crop-accept")):
        await press(page, again)
        await expect_focus(visitor.shown("crop-area"))
        await press(page, leave)
        await expect(visitor.shown("crop-dialog")).to_be_hidden()
        await expect_focus(again)


@pytest.mark.parametrize("key", ["Escape", "Enter"])
async def test_the_focus_survives_the_sold_out_message(visitor: Visitor, key: str) -> None:
    dialog, submit = visitor.shown("sold-out"), visitor.shown("submit")
    await visitor.remember(f"cookie_{'k' * 24}", entries=10)
    await visitor.open("/")
    # The page opened it by itself, when nothing had the focus yet.
    await expect_focus(dialog.get_by_role("button", name="Close"))
    await visitor.page.keyboard.press(key)
    await expect(dialog).to_be_hidden()
    assert await visitor.page.evaluate("document.activeElement !== document.body")

    await press(visitor.page, submit)
    await expect_focus(dialog.get_by_role("button", name="Close"))
    await visitor.page.keyboard.press(key)
    await expect(dialog).to_be_hidden()
    await expect_focus(submit)


async def test_every_crop_move_has_a_button_and_a_key(visitor: Visitor) -> None:
    await visitor.open("/")
    await visitor.crop_photo()
    await crop_again(visitor)
    untouched = await cut(visitor)
    for move, key in MOVES.items():
        await crop_again(visitor)
        await visitor.page.get_by_role("button", name=move).click()
        by_button = await cut(visitor)
        await crop_again(visitor)
        await visitor.shown("crop-area").focus()
        await visitor.page.keyboard.press(key)
        by_key = await cut(visitor)

        assert by_button != untouched, move
        assert by_key == by_button, move


async def test_a_crop_can_be_made_without_dragging(visitor: Visitor) -> None:
    """WCAG 2.5.7: single clicks can do whatever dragging does."""
    await visitor.open("/")
    await visitor.crop_photo()
    await crop_again(visitor)
    box = await visitor.shown("crop-area").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await visitor.page.mouse.move(x, y)
    await visitor.page.mouse.down()
    await visitor.page.mouse.move(x - 3 * STEP_PX, y + 2 * STEP_PX, steps=5)
    await visitor.page.mouse.up()
    dragged = await cut(visitor)

    await crop_again(visitor)
    for move in ("Move left",) * 3 + ("Move down",) * 2:
        await visitor.page.get_by_role("button", name=move).click()

    assert await cut(visitor) == dragged


async def test_a_crop_survives_a_screen_rotation(visitor: Visitor) -> None:
    await visitor.page.set_viewport_size({"width": 360, "height": 740})
    await visitor.open("/")
    await visitor.crop_photo()
    await crop_again(visitor)
    untouched = await cut(visitor)
    await crop_again(visitor)
    for width, height in ((740, 360), (320, 256), (360, 740)):
        await visitor.page.set_viewport_size({"width": width, "height": height})
        await visitor.page.wait_for_function(FRAME_FITS)

    assert await cut(visitor) == untouched


async def crop_again(visitor: Visitor) -> None:
    """Open the crop as it is at first, but zoomed in so that it can move in every direction."""
    await visitor.page.get_by_role("button", name="Crop again").click()
    for _ in range(3):
        await visitor.page.get_by_role("button", name="Zoom in").click()
