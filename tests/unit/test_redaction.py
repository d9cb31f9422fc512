"""Nothing that is shown contains a secret, whoever quoted it."""

import json

import pytest

from server.logs.redaction import Redactor

PASSWORD = 'pa"ss\\wörd of ours'
SESSION_ID = "clxyz123abc456def789ghij"


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("sksonauto_AbC-12_x", "Illegal header value b'Bearer2 sksonauto_AbC-12_x'"),
        ("hunter2hunter2", "asyncpg://petsong:hunter2hunter2@db:5432/petsong is away"),
        ("hunter2hunter2", "redis://:hunter2hunter2@redis:6379/0"),
        ("Q4TOTVyDn_QN8WkW1QoJ5A", 'POST "/api/webhook/Q4TOTVyDn_QN8WkW1QoJ5A HTTP/1.1" 200'),
        (
            "Q4TOTVyDn_QN8WkW1QoJ5A",
            "{'webhook_url': 'https://a/api/webhook/Q4TOTVyDn_QN8WkW1QoJ5A'}",
        ),
        ("some-other-key", "{'authorization': 'Bearer some-other-key'}"),
        ("YWRtaW46aHVudGVyMg==", "Authorization: Basic YWRtaW46aHVudGVyMg=="),
        ("0123456789abcdef", "https://s3/b/o?X-Amz-Signature=0123456789abcdef&x=1"),
        (SESSION_ID, f"GET /api/results/{SESSION_ID} failed"),
        (SESSION_ID, f"/storage/video/{SESSION_ID}-story.mp4"),
        (SESSION_ID, f"FileNotFoundError: '/srv/petsong/uploads/.{SESSION_ID}.7.jpg'"),
        (SESSION_ID, f"cookie_id=cookie_{SESSION_ID}"),
        (PASSWORD, f"it is {PASSWORD}"),
        (json.dumps(PASSWORD), json.dumps({"x": f"it is {PASSWORD}"})),
        (repr(PASSWORD)[1:-1], repr([PASSWORD])),
    ],
)
def test_a_secret_is_masked(secret: str, text: str) -> None:
    assert secret.strip('"') in text

    masked = Redactor([PASSWORD, ""]).redact(text)

    assert secret.strip('"') not in masked
    assert "***" in masked


@pytest.mark.parametrize(
    "text",
    [
        '{"rule": "/api/webhook/<token>", "event": "unexpected_error"}',
        "https://pets.example/api/webhook took 3 s",
        "redis://redis:6379/0",
        "a basic thing",
        f'{{"session_id": "{SESSION_ID[:8]}"}}',
    ],
)
def test_everything_else_is_unchanged(text: str) -> None:
    assert Redactor(["short", ""]).redact(text) == text
