"""What the form accepts and refuses, and that nothing else gets through."""

import pytest

from server.errors import FormRejected
from server.submissions.form import MusicVibe, PetType, read_form, read_idempotency_key
from server.submissions.model import Submission
from tests.forms import ANSWERS, write_form

FORM = write_form("aGVsbG8=", cookie_id=None)
NAMES = {
    "Al": "Al",
    "a" * 100: "a" * 100,
    "  Zoë ": "Zoë",
    "Zoe\u0308": "Zoë",
    "e\u0308" * 100: "ë" * 100,
    "小花": "小花",
    "Anna Lena": "Anna Lena",
    "한별": "한별",
    "की": "की",
    "葛\U000e0100城": "葛\U000e0100城",
}
NAMES_REFUSED: dict[str, object] = {
    "empty": "",
    "one letter": "a",
    "hundred and one": "a" * 101,
    "million": "a" * 1_000_000,
    "million marks": "a" + "\u0316\u0301" * 500_000,
    "spaces": "     ",
    "one letter and spaces": " a ",
    "trailing newline": "Toby\n",
    "tab": "To\tby",
    "emoji": "Toby🐶",
    "right-to-left override": "Toby\u202e",
    "zero-width joiner": "To\u200dby",
    "hangul fillers": "\u3164\u3164\u3164",
    "halfwidth fillers": "\uffa0\uffa0",
    "jamo fillers": "\u115f\u1160",
    "variation selectors": "\ufe0f\ufe0e\U000e0100",
    "joiners": "\u034f\u034f",
    "a letter and a filler": "a\u3164",
    "a letter, a space and a filler": "a \u3164",
    "lone marks": "\u0301\u0301\u0301",
    "marks on a filler": "\u3164\u0301\u0301",
    "marks on a space": "Toby \u0301",
    "nul": "To\u0000by",
    "lone surrogate": "Toby\ud800",
    "sql": "'; DROP TABLE submissions",
    "script": "<script>alert(1)</script>",
    "template": "{{7*7}}",
    "format": "%n",
    "path": "../",
    "list": [],
    "number": 1,
    "null": None,
    "object": {},
    "true": True,
}


@pytest.mark.fault(1, 2)
@pytest.mark.parametrize("name", NAMES)
def test_a_valid_name_is_accepted(name: str) -> None:
    assert read_form(FORM | {"pet_name": name}).pet_name == NAMES[name]


@pytest.mark.fault(1, 2, 3, 5)
@pytest.mark.parametrize("field", ["pet_name", "owner_name"])
@pytest.mark.parametrize("name", NAMES_REFUSED.values(), ids=NAMES_REFUSED)
def test_an_invalid_name_is_refused(name: object, field: str) -> None:
    with pytest.raises(FormRejected) as refusal:
        read_form(FORM | {field: name})

    assert set(refusal.value.fields) == {field}
    assert refusal.value.error == "validation_failed"


def test_every_wrong_field_is_reported_at_once() -> None:
    with pytest.raises(FormRejected) as refusal:
        read_form({"pet_type": "Dragon"})

    assert set(refusal.value.fields) == {*ANSWERS, "photo"}


def test_the_photo_alone_is_refused_in_the_words_of_the_spec() -> None:
    with pytest.raises(FormRejected) as refusal:
        read_form(FORM | {"photo": ""})

    assert refusal.value.error == "Invalid image format"


def test_choices_are_those_of_the_spec() -> None:
    assert list(PetType) == ["Dog", "Cat", "Bird", "Fish", "Other"]
    assert list(MusicVibe) == ["Chill", "Energetic", "Romantic", "Party", "Relaxing", "Other"]


@pytest.mark.parametrize("cookie_id", [None, ""])
def test_browser_without_cookie_id(cookie_id: str | None) -> None:
    assert read_form(FORM | {"cookie_id": cookie_id}).cookie_id is None
    assert read_form(FORM).cookie_id is None


@pytest.mark.fault(5)
def test_other_keys_are_dropped() -> None:
    form = read_form(FORM | {"entry_status": "success", "session_id": "x"})

    assert set(form.model_dump()) == set(FORM)


def test_a_malformed_idempotency_key_is_refused() -> None:
    assert read_idempotency_key(None) is None
    assert read_idempotency_key("aZ09_-") == "aZ09_-"
    for malformed in ("", "a b", "x" * 65, "abc\n", "é"):
        with pytest.raises(FormRejected):
            read_idempotency_key(malformed)


def test_a_form_is_stored_field_by_field_in_columns_of_the_same_names() -> None:
    columns = read_form(FORM | {"cookie_id": "cookie_abc123xyz"}).columns()

    assert columns == ANSWERS
    assert set(columns) <= Submission._meta.db_fields
