"""Whose fault an answer of the song service is, by its status and its words."""

import json

import httpx
import pytest

from server.errors import Paused, Refused, SongServiceError, Unanswered, Unavailable
from server.songs.answers import raise_for_status

NO_FIELD = {"detail": [{"loc": ["body"], "msg": "is odd", "type": "x"}]}


def about(field: str) -> dict[str, object]:
    return {"detail": [{"loc": ["body", field], "msg": "is wrong", "type": "x"}]}


@pytest.mark.parametrize(
    ("status", "document", "kind"),
    [
        (422, about("prompt"), Refused),
        (422, about("tags"), Refused),
        (400, about("lyrics"), Refused),
        (422, {"detail": "Unknown tags: love song"}, Refused),
        (422, {"detail": "Not with these words"}, Refused),
        (400, {"detail": "The prompt was moderated"}, Refused),
        (422, about("webhook_url"), Unavailable),
        (422, about("output_format"), Unavailable),
        (422, NO_FIELD, Unavailable),
        (400, {"detail": "Invalid API key format"}, Unavailable),
        (400, {"detail": "Unauthorized"}, Unavailable),
        (400, {"detail": "Invalid token"}, Unavailable),
        (400, {"detail": "Insufficient credits"}, Unavailable),
        (403, {"detail": "The prompt is fine, your key is not"}, Unavailable),
        (400, {}, Unavailable),
        (422, None, Unavailable),
        (422, {"detail": {"odd": 1}}, Unavailable),
        (422, {"detail": [1, None, {"loc": 7}]}, Unavailable),
        (429, {"detail": "Slow down"}, Paused),
        (502, None, Unanswered),
        (524, None, Unanswered),
        (503, None, Unavailable),
    ],
)
def test_only_answers_about_the_order_fail_it(
    status: int, document: object, kind: type[SongServiceError]
) -> None:
    request = httpx.Request("POST", "https://songs.example/v1/generations/v3")
    response = httpx.Response(status, request=request, content=json.dumps(document))

    with pytest.raises(SongServiceError) as failure:
        raise_for_status(response, document)

    assert type(failure.value) is kind


def test_to_a_question_a_proxys_error_is_no_lost_order() -> None:
    request = httpx.Request("GET", "https://songs.example/v1/credits/balance")

    with pytest.raises(Unavailable):
        raise_for_status(httpx.Response(502, request=request), None)
