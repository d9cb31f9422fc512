"""The card, read back as an app that previews a link would, and its lettering."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from renderer import BadPhoto, CardJob, CardText, OutputFailed
from renderer.assets import load_assets
from renderer.card import draw_card
from renderer.lettering import Style, fit_block, is_settable
from renderer.site_card import CARD, TEXT, draw_site_card
from tests.unit.renderer.conftest import GREEN, RED

Picture = NDArray[np.int16]

PLAIN = Style("sans", 500, (255, 255, 255), largest_px=80, smallest_px=40)
ARABIC, DEVANAGARI, THAI = "محمد", "मोती", "สมชาย"
WIDE = "W" * 100
WORDS = ("Llanfairpwllgwyngyll " * 5)[:100].strip()


def text_for(pet: str, owner: str) -> CardText:
    return replace(TEXT, pet_name=pet, owner_name=owner, unnamed_pet="a beloved pet")


def read_card(photo: Path, folder: Path, pet: str = "Waffles", owner: str = "Anna") -> Picture:
    out = folder / "card.jpg"
    draw_card(CardJob(photo, out, text_for(pet, owner)))
    card = cv2.imread(str(out))
    assert card is not None
    return card.astype(np.int16)


def find_ink(card: Picture) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns right of the player where the card differs from its background."""
    differs = np.abs(card - load_assets().card).max(axis=2) > 60
    rows, columns = np.nonzero(differs[:, 670:])
    return rows, columns + 670


def test_a_card_is_a_small_jpeg_of_the_size_apps_ask_for(red_photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "card.jpg"
    report = draw_card(CardJob(red_photo, out, text_for("Waffles", "Anna")))
    encoded = out.read_bytes()
    assert encoded.startswith(b"\xff\xd8\xff")
    assert report.size_bytes == len(encoded) < 300_000
    assert list(report.timings) == ["photo", "compose", "letters", "write"]
    card = cv2.imread(str(out))
    assert card is not None
    assert card.shape == (630, 1200, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["card.jpg"]


@pytest.mark.parametrize("colour", [RED, GREEN], ids=["red", "green"])
def test_the_photo_lies_on_the_label(
    colour: tuple[int, int, int], red_photo: Path, green_photo: Path, tmp_path: Path
) -> None:
    card = read_card(red_photo if colour == RED else green_photo, tmp_path)
    shown = np.abs(card[180:450, 185:455] - colour).max(axis=2) < 24
    rows, columns = np.nonzero(shown)
    assert (columns.mean() + 185.5, rows.mean() + 180.5) == pytest.approx((320, 315), abs=0.5)
    assert shown.sum() == pytest.approx(np.pi * 122**2, rel=0.03)


def test_the_needle_lies_on_the_record(red_photo: Path, tmp_path: Path) -> None:
    card = read_card(red_photo, tmp_path)
    heart_on_the_headshell = card[445:448, 507:510].mean((0, 1))
    assert np.abs(heart_on_the_headshell - (92, 60, 226)).max() < 40


def test_both_names_are_written_large_beside_the_player(red_photo: Path, tmp_path: Path) -> None:
    card = read_card(red_photo, tmp_path, "Waffles", "Anna")
    other_pet = read_card(red_photo, tmp_path, "Biscuit", "Anna")
    other_owner = read_card(red_photo, tmp_path, "Waffles", "Emil")
    pet_rows = np.flatnonzero((np.abs(card - other_pet).max(axis=2) > 60).any(axis=1))
    owner_rows = np.flatnonzero((np.abs(card - other_owner).max(axis=2) > 60).any(axis=1))
    assert pet_rows.max() < owner_rows.min()
    # At a quarter of the size, the pet's 15 px letters and the owner's 9 px ones are legible.
    assert np.ptp(pet_rows) > 60
    assert np.ptp(owner_rows) > 36


@pytest.mark.parametrize(
    ("pet", "owner"),
    [
        ("Jo", "Jo"),
        ("Jo", WIDE),
        (WIDE, WIDE),
        (WORDS, WORDS),
        ("白" * 100, WORDS),
        ("Ấ" * 100, WIDE),
        ("ה" * 100, WIDE),
    ],
)
def test_names_of_any_length_stay_inside_the_margins(
    pet: str, owner: str, red_photo: Path, tmp_path: Path
) -> None:
    rows, columns = find_ink(read_card(red_photo, tmp_path, pet, owner))
    assert 40 <= rows.min() < rows.max() <= 530
    assert 696 <= columns.min() < columns.max() <= 1164


@pytest.mark.parametrize("name", [ARABIC, DEVANAGARI, THAI, "ab" + ARABIC, "Jo\u0304", "a\u3164b"])
def test_a_name_that_cannot_be_set_is_left_out(name: str, red_photo: Path, tmp_path: Path) -> None:
    general = read_card(red_photo, tmp_path, "?", "?")
    assert np.array_equal(read_card(red_photo, tmp_path, name, name), general)
    only_owner = read_card(red_photo, tmp_path, name, "Anna")
    assert np.array_equal(only_owner, read_card(red_photo, tmp_path, "?", "Anna"))
    assert not np.array_equal(only_owner, general)


@pytest.mark.parametrize(
    "name",
    [
        "Waffles",
        "Łucja Žižková",
        "Đặng Thị Ngữ",
        "Бублик",
        "Ώμέγα",
        "小白",
        "ポチ",
        "멍멍이",
        "כלבי",
    ],
)
def test_names_of_many_scripts_are_set(name: str) -> None:
    assert is_settable(name)


def test_a_line_that_would_run_both_ways_is_not_set() -> None:
    assert not is_settable("Rex כלבי")


def test_hebrew_is_drawn_from_right_to_left() -> None:
    def draw(text: str) -> NDArray[np.uint8]:
        picture = np.zeros((120, 400, 3), np.uint8)
        fit_block(text, PLAIN, 400, 100).write(picture, 10, 0)
        return picture

    picture = np.zeros((120, 400, 3), np.uint8)
    baseline = round((PLAIN.leading - 0.3) * PLAIN.largest_px)
    font = cv2.FontFace("sans")
    cv2.putText(picture, "גבא", (10, baseline), (255, 255, 255), font, PLAIN.largest_px, 500)
    assert np.array_equal(draw("אבג"), picture)


def test_a_short_name_is_as_large_as_the_style_allows() -> None:
    block = fit_block("Jo", PLAIN, 400, 200)
    assert (block.size_px, block.lines) == (80, ("Jo",))


def test_a_longer_name_wraps_between_words_and_shrinks() -> None:
    block = fit_block("Sir Barkington the Third", PLAIN, 400, 200)
    assert " ".join(block.lines) == "Sir Barkington the Third"
    assert 40 < block.size_px < 80


def test_a_name_too_long_for_its_box_ends_in_an_ellipsis() -> None:
    block = fit_block(WIDE, PLAIN, 400, 100)
    assert block.size_px == 40
    assert len(block.lines) == 2
    assert block.lines[1].endswith("W…")


def test_letters_stand_out_from_the_cloth() -> None:
    def measure_luminance(bgr: NDArray[np.float64]) -> NDArray[np.float64]:
        """Relative luminance as WCAG 2 defines it."""
        linear = np.where(bgr <= 0.04045, bgr / 12.92, ((bgr + 0.055) / 1.055) ** 2.4)
        return np.asarray(linear @ (0.0722, 0.7152, 0.2126))

    ground = measure_luminance(load_assets().card[50:530, 700:1050] / 255).max()
    ink = measure_luminance(np.array([176, 186, 246]) / 255)
    assert (ink + 0.05) / (ground + 0.05) >= 4.5


@pytest.mark.parametrize("content", [None, b"", b"no picture"])
def test_a_bad_photo_is_named_and_leaves_nothing_behind(
    content: bytes | None, tmp_path: Path
) -> None:
    photo, folder = tmp_path / "bad.jpg", tmp_path / "out"
    folder.mkdir()
    if content is not None:
        photo.write_bytes(content)
    with pytest.raises(BadPhoto, match=r"bad\.jpg"):
        draw_card(CardJob(photo, folder / "card.jpg", text_for("Waffles", "Anna")))
    assert not list(folder.iterdir())


def test_a_missing_folder_is_named(red_photo: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputFailed, match="nowhere"):
        draw_card(
            CardJob(red_photo, tmp_path / "nowhere" / "card.jpg", text_for("Waffles", "Anna"))
        )


def test_the_sites_own_card_is_what_its_command_draws() -> None:
    kept = cv2.imread(str(CARD))
    assert kept is not None
    assert kept.shape == (630, 1200, 3)
    soft, drawn = (cv2.blur(card.astype(np.float32), (9, 9)) for card in (kept, draw_site_card()))
    assert np.abs(soft - drawn).max() < 25
    assert CARD.stat().st_size < 90_000
