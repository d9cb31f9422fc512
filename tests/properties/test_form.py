"""Whatever the form sends, it is storable or refused by field."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import BadRequest

from server.errors import FormRejected
from server.ids import COOKIE_ID
from server.submissions.form import SubmissionForm, read_form, read_idempotency_key
from server.web.requests import parse_json_object
from tests.inputs.lines import FORM

ANY_TEXT = st.text(st.characters(codec=None), max_size=120)
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
LETTERS = st.text(st.characters(categories=["L", "M"], include_characters=" "), max_size=110)
NAMES = LETTERS | JSON_VALUES
FORMS = st.fixed_dictionaries(
    {"pet_name": NAMES, "owner_name": NAMES},
    optional={
        "pet_type": st.sampled_from(["Dog", "Cat", "dog", ""]) | JSON_VALUES,
        "music_vibe": st.sampled_from(["Chill", "Party", "chill"]) | JSON_VALUES,
        "photo": ANY_TEXT | JSON_VALUES,
        "cookie_id": st.from_regex(COOKIE_ID, fullmatch=True) | JSON_VALUES,
        "entry_status": JSON_VALUES,
    },
)


def is_storable(name: str) -> bool:
    is_spelled = all(char == " " or unicodedata.category(char)[0] in "LM" for char in name)
    return is_spelled and 2 <= len(name) <= 100 and name == name.strip(" ")


def read_or_refuse(document: dict[str, Any]) -> SubmissionForm | FormRejected:
    try:
        return read_form(document)
    except FormRejected as refusal:
        return refusal


@given(FORMS)
def test_a_form_is_storable_or_refused_by_field(document: dict[str, Any]) -> None:
    for sent in (document, {**FORM, **document}):
        outcome = read_or_refuse(sent)
        if isinstance(outcome, FormRejected):
            assert outcome.fields
            assert set(outcome.fields) <= set(SubmissionForm.model_fields)
        else:
            assert is_storable(outcome.pet_name)
            assert is_storable(outcome.owner_name)
            assert outcome.cookie_id is None or COOKIE_ID.fullmatch(outcome.cookie_id)


@given(st.builds("Toby{}{}".format, ANY_TEXT, LETTERS))
def test_any_text_as_a_name_is_storable_or_refused(name: str) -> None:
    outcome = read_or_refuse({**FORM, "pet_name": name})

    assert isinstance(outcome, FormRejected) or is_storable(outcome.pet_name)


@given(LETTERS)
def test_an_accepted_name_is_accepted_again_unchanged(name: str) -> None:
    try:
        taken = read_form({**FORM, "pet_name": name}).pet_name
    except FormRejected:
        normal = unicodedata.normalize("NFC", name).strip(" ")
        assert not 2 <= len(normal) <= 100
    else:
        assert taken == unicodedata.normalize("NFC", name).strip(" ")
        assert read_form({**FORM, "pet_name": taken}).pet_name == taken
        assert taken.encode().decode() == taken


@given(st.none() | ANY_TEXT)
def test_an_idempotency_key_is_plain_or_refused(text: str | None) -> None:
    try:
        key = read_idempotency_key(text)
    except FormRejected:
        assert text is not None
    else:
        assert key is None or COOKIE_ID.fullmatch(key)


@given(st.binary(max_size=200) | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_a_body_is_an_object_or_a_bad_request(body: bytes) -> None:
    try:
        document = parse_json_object(body)
    except BadRequest:
        return
    assert document == json.loads(body)


@given(st.dictionaries(ANY_TEXT, JSON_VALUES, max_size=4))
def test_every_object_is_read_as_it_was_meant(document: dict[str, Any]) -> None:
    assert parse_json_object(json.dumps(document).encode()) == document


@pytest.mark.parametrize("number", ["1" * 65, "-" + "1" * 4000, "1." + "0" * 70, "1e" + "0" * 70])
def test_a_number_too_long_to_parse_quickly_is_refused_unparsed(number: str) -> None:
    with pytest.raises(BadRequest):
        parse_json_object(f'{{"photo": {number}}}'.encode())
