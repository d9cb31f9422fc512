"""The photo: taken, dropped or chosen, then cropped. Early or double clicks break nothing."""

import base64

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.photos import draw_pet, phone_photo, write_jpeg
from tests.e2e.visitor import Visitor, visit
from tests.sites import Site

CARRY = """
(photo) => {
  const bytes = Uint8Array.from(atob(photo), (letter) => letter.charCodeAt(0))
  const carried = new DataTransfer()
  carried.items.add(new File([bytes], 'toby.jpg', { type: 'image/jpeg' }))
  return carried
}
"""
DROP_BOTH = """
(photos) => {
  const target = document.querySelector('[data-testid="photo-input"]')
  for (const photo of photos) {
    const dataTransfer = (CARRY)(photo)
    target.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer }))
  }
}
""".replace("CARRY", CARRY)
AS_IT_OPENS = """
(id) => {
  const { showModal } = HTMLDialogElement.prototype
  HTMLDialogElement.prototype.showModal = function () {
    HTMLDialogElement.prototype.showModal = showModal
    this.showModal()
    queueMicrotask(() => {
      if (id === 'escape') this.close()
      else this.querySelector(`[data-testid="${id}"]`).click()
    })
  }
}
"""
"""What a quick visitor does in the moment in which the dialog opens: its frame is not laid yet."""


async def test_a_bad_photo_is_reported_and_the_previous_one_stays(visitor: Visitor) -> None:
    await visitor.open("/")
    await visitor.fill_in()
    await visitor.crop_photo()
    kept = await visitor.shown("photo-preview").get_attribute("src")

    for content, message in [
        (write_jpeg(draw_pet(300, 300)), "This photo is only 300 × 300 pixels."),
        (b"Dear Petsong, this is my dog.", "This browser cannot open that file."),
        (phone_photo() + bytes(5 * 1024 * 1024), "This photo is larger than 5 MB."),
        (b"", "This file is empty."),
    ]:
        await visitor.choose_photo(content)
        await expect(visitor.message("photo")).to_contain_text(message)
        await expect(visitor.shown("crop-dialog")).to_be_hidden()

    assert await visitor.shown("photo-preview").get_attribute("src") == kept
    await expect(visitor.page.get_by_label("Pet name")).to_have_value("Toby")
    await visitor.submit()
    await visitor.page.wait_for_url("**/waiting/*")


async def test_the_error_names_a_phones_photo_format(visitor: Visitor) -> None:
    await visitor.open("/")
    await visitor.choose_photo(b"\0\0\0\x18ftypheic", "IMG_0001.HEIC")

    await expect(visitor.message("photo")).to_contain_text("cannot open HEIC photos")
    await expect(visitor.message("photo")).to_contain_text("take a screenshot")


async def test_a_photo_comes_from_a_phones_camera_or_by_drag_and_drop(
    site: Site, visitor: Visitor, browser: Browser
) -> None:
    await visitor.open("/")
    await expect(visitor.shown("camera-input")).to_be_hidden()
    photo = base64.b64encode(phone_photo()).decode()
    dropped = await visitor.page.evaluate_handle(CARRY, photo)
    await visitor.shown("photo-input").dispatch_event("drop", {"dataTransfer": dropped})
    await visitor.shown("crop-accept").click()
    await expect(visitor.shown("photo-preview")).to_be_visible()

    async with visit(browser, site.url, profile={"has_touch": True, "is_mobile": True}) as phone:
        await phone.open("/")
        camera = phone.shown("camera-input")
        assert await camera.get_attribute("capture") == "environment"
        await camera.set_input_files(
            {"name": "camera.jpg", "mimeType": "image/jpeg", "buffer": phone_photo()}
        )
        await phone.shown("crop-accept").click()
        await expect(phone.shown("photo-preview")).to_be_visible()


async def test_a_cancelled_crop_changes_nothing(visitor: Visitor) -> None:
    await visitor.open("/")
    await visitor.choose_photo(phone_photo())
    await visitor.shown("crop-cancel").click()

    await expect(visitor.shown("crop-dialog")).to_be_hidden()
    await expect(visitor.shown("photo-preview")).to_be_hidden()
    await visitor.crop_photo()


@pytest.mark.parametrize("leave", ["escape", "crop-cancel"])
async def test_a_crop_that_is_cancelled_while_it_opens_stays_cancelled(
    visitor: Visitor, leave: str
) -> None:
    await visitor.open("/")
    await visitor.page.evaluate(AS_IT_OPENS, leave)
    await visitor.choose_photo(phone_photo())
    await expect(visitor.page.get_by_text("Choose a photo")).to_be_visible()
    await visitor.crop_photo()


async def test_a_crop_accepted_as_it_opens_is_cut_when_its_frame_is_laid(visitor: Visitor) -> None:
    await visitor.open("/")
    await visitor.page.evaluate(AS_IT_OPENS, "crop-accept")
    await visitor.choose_photo(phone_photo())
    await expect(visitor.shown("photo-preview")).to_be_visible()
    await expect(visitor.shown("crop-dialog")).to_be_hidden()


async def test_the_first_of_two_photos_dropped_together_is_cropped(visitor: Visitor) -> None:
    await visitor.open("/")
    first, second = (
        base64.b64encode(write_jpeg(draw_pet(side_px, side_px))).decode() for side_px in (500, 640)
    )
    await visitor.page.evaluate(DROP_BOTH, [first, second])
    await visitor.shown("crop-accept").click()
    await expect(visitor.shown("photo-preview")).to_be_visible()
    await visitor.page.get_by_role("button", name="Crop again").click()
    await expect(visitor.shown("crop-dialog")).to_be_visible()
    picture = visitor.shown("crop-dialog").locator("img").first
    assert await picture.evaluate("(image) => image.naturalWidth") == 500
