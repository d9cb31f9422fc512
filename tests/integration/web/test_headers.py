"""The security headers of every answer of every route, errors included; and that nothing leaks."""

import re

import pytest
from werkzeug.datastructures import Authorization, Headers

from server.storage import write_file
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission
from server.web.headers import SECURITY_HEADERS
from tests.integration.conftest import Client, Connect, OpenStack
from tests.integration.web.forms import SESSION_ID, UNKNOWN_ID, form, store_submission
from tests.observatory import judge, score

LEAK = re.compile(
    r"traceback|site-packages|\.py\b|/tmp/|/home/|sqlite|asyncpg"
    r"|(?:python|quart|hypercorn|werkzeug|redis|postgres\w*)[/ ]\d",
    re.I,
)
OURS, FOREIGN = "https://shop.example", "https://evil.example"


async def ask_everything(client: Client) -> dict[str, tuple[Headers, str]]:
    """Return the headers and text of an answer for each route, method and known failure."""
    answers = {}
    for rule in client.app.url_map.iter_rules():
        for session_id in (SESSION_ID, UNKNOWN_ID):
            path = re.sub(r"<name>", session_id, re.sub(r"<\w+_id>|<token>", session_id, rule.rule))
            for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "TRACE"):
                response = await client.open(path, method=method, scheme="https", json=None)
                text = (await response.get_data(as_text=False)).decode("utf-8", "replace")
                answers[f"{method} {path}"] = response.headers, text
    for path in ("/nothing", "/api/nothing", "/storage/nothing", "/assets/style-1234.css", "/%00"):
        response = await client.get(path, scheme="https")
        answers[path] = response.headers, await response.get_data(as_text=True)
    return answers


async def test_every_answer_scores_full_marks_and_reveals_nothing(
    open_stack: OpenStack, connect: Connect
) -> None:
    async with open_stack(admin_password="a password of the tests") as services:
        client = connect(services)
        await store_submission(Stage.READY)
        storage = services.storage
        for kept in (storage.card(SESSION_ID), storage.teaser(SESSION_ID)):
            write_file(kept, b"file")
        client.app.add_url_rule("/api/fault", view_func=fail)
        client.app.add_url_rule("/fault", view_func=fail)

        answers = await ask_everything(client)

    assert len(answers) > 100
    for asked, (headers, text) in answers.items():
        given = {name.lower(): value for name, value in headers.items()}
        assert score(given, text) >= 100, (asked, judge(given, text))
        assert given.keys() >= {name.lower() for name in SECURITY_HEADERS}, asked
        assert not {"server", "x-powered-by", "set-cookie"} & given.keys(), asked
        # Videos and scripts are not texts of ours.
        if given.get("content-type", "").startswith(("text/html", "application/json")):
            assert not LEAK.search(text), (asked, LEAK.search(text))


async def fail() -> str:
    raise RuntimeError("/home/petsong/server/secret.py")


@pytest.mark.parametrize(
    ("header", "worse"),
    [
        ("Content-Security-Policy", None),
        ("Content-Security-Policy", "default-src 'self' 'unsafe-inline'"),
        ("X-Content-Type-Options", None),
        ("Strict-Transport-Security", None),
        ("Strict-Transport-Security", "max-age=300"),
        ("Access-Control-Allow-Credentials", "true"),
        ("Set-Cookie", "a=b"),
    ],
)
async def test_a_missing_header_lowers_the_score(
    header: str, worse: str | None, client: Client
) -> None:
    answer = await client.get("/", scheme="https")
    headers = {name.lower(): value for name, value in answer.headers.items()}
    points = score(headers)
    if worse is None:
        del headers[header.lower()]
    else:
        headers[header.lower()] = worse

    assert score(headers) < points


async def test_only_https_answers_have_hsts(client: Client) -> None:
    over_http = await client.get("/")
    over_https = await client.get("/", scheme="https")

    assert "Strict-Transport-Security" not in over_http.headers
    assert "max-age=31536000" in over_https.headers["Strict-Transport-Security"]


async def preflight(client: Client, origin: str, path: str = "/api/submissions") -> Headers:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    return (await client.options(path, headers=headers)).headers


async def test_no_other_origin_is_allowed_by_default(client: Client) -> None:
    for headers in (
        await preflight(client, OURS),
        (await client.get("/api/availability", headers={"Origin": OURS})).headers,
    ):
        assert not [name for name, _ in headers if name.lower().startswith("access-control")]


async def test_no_other_site_can_act_for_the_operator(
    open_stack: OpenStack, connect: Connect
) -> None:
    password = "a password of the tests"
    async with open_stack(cors_origins=OURS, admin_password=password) as services:
        client = connect(services)
        await store_submission(Stage.QUEUED)

        # As a browser that remembers the login would send it for another site's page.
        forged = await client.post(
            f"/api/admin/submissions/{SESSION_ID[:8]}/fail",
            auth=Authorization("basic", {"username": "admin", "password": password}),
            headers={"Origin": OURS},
        )

        assert forged.status_code == 403
        assert (await Submission.get(session_id=SESSION_ID)).stage == Stage.QUEUED


async def test_only_listed_origins_are_allowed(open_stack: OpenStack, connect: Connect) -> None:
    async with open_stack(cors_origins=f"{OURS}, https://other.example:8443") as services:
        client = connect(services)
        allowed, refused = await preflight(client, OURS), await preflight(client, FOREIGN)
        sent, foreign = [
            await client.post("/api/submissions", json=form(), headers={"Origin": origin})
            for origin in (OURS, FOREIGN)
        ]
        unasked = await client.get("/api/availability")
        admin = await preflight(client, OURS, "/api/admin/queue-status")

    assert allowed["Access-Control-Allow-Origin"] == OURS
    assert "POST" in allowed["Access-Control-Allow-Methods"]
    assert "Content-Type" in allowed["Access-Control-Allow-Headers"]
    assert (sent.status_code, foreign.status_code) == (200, 403)
    assert sent.headers["Access-Control-Allow-Origin"] == OURS
    assert "RateLimit" in sent.headers["Access-Control-Expose-Headers"]
    for headers in (refused, foreign.headers, unasked.headers, admin):
        assert "Access-Control-Allow-Origin" not in headers
    for headers in (allowed, refused, sent.headers, foreign.headers, unasked.headers):
        assert "Origin" in headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in headers
