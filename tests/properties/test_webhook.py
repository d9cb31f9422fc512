"""What is read from a webhook's body can be compared with stored values on any database."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from server.submissions.tokens import NO_ATTEMPT, read_attempt_id, token_of
from server.web.routes.webhook import WebhookBody
from tests.properties.test_form import ANY_TEXT, JSON_VALUES

BODIES = st.fixed_dictionaries(
    {}, optional={"task_id": ANY_TEXT | JSON_VALUES, "status": ANY_TEXT | JSON_VALUES}
)


@given(BODIES)
def test_a_task_id_is_printable_or_refused(body: dict[str, Any]) -> None:
    try:
        read = WebhookBody.model_validate(body)
    except ValidationError:
        return
    assert read.task_id == body["task_id"]
    assert read.task_id.isascii()
    assert read.task_id.isprintable()
    assert 0 < len(read.task_id) <= 255


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=255))
def test_every_printable_task_id_is_accepted(task_id: str) -> None:
    body = json.loads(json.dumps({"task_id": task_id, "status": "SUCCESS"}))

    assert WebhookBody.model_validate(body).task_id == task_id


@given(ANY_TEXT | st.integers().map(str))
def test_the_number_in_a_token_is_an_id_that_every_database_takes(text: str) -> None:
    attempt_id = read_attempt_id(text)
    assert 0 <= attempt_id < 2**31
    assert attempt_id == NO_ATTEMPT or int(text) >= attempt_id


@given(st.integers(1, 2**31 - 1))
def test_every_attempt_is_found_by_its_number(attempt_id: int) -> None:
    assert read_attempt_id(token_of(attempt_id, "secret").partition("-")[0]) == attempt_id
