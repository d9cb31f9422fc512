"""The pages, and what holds for every answer."""

import shutil
from pathlib import Path

import pytest
from quart_schema.openapi import QUART_SCHEMA_HIDDEN_ATTRIBUTE

from realtime.events import Snapshot
from server.errors import StartError
from server.limits import Rule
from server.services import Services
from server.serving.app import create_app
from server.submissions.lifecycle import Stage
from server.web.headers import SECURITY_HEADERS
from server.web.limiting import MARK
from server.web.routes.submissions import SubmissionSnapshot
from tests.integration.conftest import Client, Connect, OpenStack
from tests.integration.web.forms import SESSION_ID, UNKNOWN_ID, store_submission


async def test_pages_know_their_submission(client: Client) -> None:
    await store_submission(Stage.QUEUED)

    for page in ("waiting", "result"):
        known = await client.get(f"/{page}/{SESSION_ID}")
        unknown = await client.get(f"/{page}/{UNKNOWN_ID}")

        assert (known.status_code, unknown.status_code) == (200, 404)
        assert f'data-session-id="{SESSION_ID}"' in await known.get_data(as_text=True)
        assert f'data-session-id="{UNKNOWN_ID}"' in await unknown.get_data(as_text=True)


@pytest.mark.fault(82)
async def test_a_song_is_not_listed(client: Client) -> None:
    await store_submission(Stage.READY)

    for path in (f"/waiting/{SESSION_ID}", f"/result/{SESSION_ID}", f"/result/{UNKNOWN_ID}"):
        headers = (await client.get(path)).headers
        assert headers["X-Robots-Tag"] == "noindex"
        assert headers["Referrer-Policy"] == "no-referrer"


async def test_page_shows_an_id_as_text(client: Client) -> None:
    response = await client.get('/result/"><script>alert(1)')

    assert response.status_code == 404
    assert "<script>" not in await response.get_data(as_text=True)


async def test_legal_pages_and_their_links(client: Client) -> None:
    form = await (await client.get("/")).get_data(as_text=True)
    for path, heading in (("/terms", "Terms &amp; Conditions"), ("/privacy", "Privacy Policy")):
        page = await (await client.get(path)).get_data(as_text=True)
        assert f"<h1>{heading}</h1>" in page
        assert 'href="/assets/style-1234.css"' in page
        assert f'href="{path}"' in form


async def test_unknown_page_is_a_page(client: Client) -> None:
    response = await client.get("/songs/of/last/year")

    assert response.status_code == 404
    assert "There is no such page." in await response.get_data(as_text=True)


async def test_assets_are_cached_for_good_and_pages_are_not(client: Client) -> None:
    asset = await client.get("/assets/style-1234.css")
    page = await client.get("/")

    assert asset.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert page.headers["Cache-Control"] == "no-store"
    assert (await client.get("/favicon.svg")).headers["Content-Type"].startswith("image/svg+xml")


async def test_client_that_is_not_built(services: Services, tmp_path: Path) -> None:
    with pytest.raises(StartError, match="run make setup"):
        create_app(services, tmp_path / "dist")


async def test_a_running_site_survives_a_new_build_of_its_client(
    services: Services, client_folder: Path, tmp_path: Path
) -> None:
    dist = tmp_path / "dist"
    shutil.copytree(client_folder, dist)
    client = create_app(services, dist).test_client()

    shutil.rmtree(dist)

    for page in ("/", f"/waiting/{UNKNOWN_ID}", f"/result/{UNKNOWN_ID}", "/terms"):
        assert "</html>" in await (await client.get(page)).get_data(as_text=True)
    assert (await client.get("/assets/style-1234.css")).status_code == 404


@pytest.mark.fault(92)
async def test_headers_are_on_every_answer(client: Client) -> None:
    requests = [
        ("GET", "/"),
        ("HEAD", "/"),
        ("OPTIONS", "/api/submissions"),
        ("TRACE", "/"),
        ("GET", "/nothing"),
        ("GET", "/api/nothing"),
        ("GET", f"/api/results/{UNKNOWN_ID}"),
        ("POST", "/api/submissions"),
        ("GET", f"/storage/video/{UNKNOWN_ID}.mp4"),
        ("GET", "/assets/style-1234.css"),
    ]
    for method, path in requests:
        headers = (await client.open(path, method=method, json=None)).headers
        for name in SECURITY_HEADERS:
            assert name in headers, (method, path, name)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Server" not in headers


async def test_an_internal_error_is_reported_only_in_the_log(
    services: Services, client: Client, connect: Connect
) -> None:
    app = client.app

    async def fail() -> str:
        raise RuntimeError("secret reason")

    app.add_url_rule("/api/fault", view_func=fail)
    app.add_url_rule("/fault", view_func=fail)

    reply = await client.get("/api/fault")
    page = await client.get("/fault")

    assert reply.status_code == page.status_code == 500
    assert await reply.get_json() == {
        "success": False,
        "error": "server_error",
        "message": "Something went wrong. Please try again.",
    }
    text = await page.get_data(as_text=True)
    assert "Something went wrong" in text
    assert "secret" not in text


@pytest.mark.fault(81)
async def test_results_are_limited(open_stack: OpenStack, connect: Connect) -> None:
    async with open_stack(results_per_hour_per_ip=100) as services:
        client = connect(services)

        statuses = [
            (await client.get(f"/api/results/{UNKNOWN_ID}")).status_code for _ in range(101)
        ]

        assert statuses == [404] * 100 + [429]


async def test_every_route_is_limited_or_says_why_not(client: Client) -> None:
    marks = {
        rule.rule: getattr(client.app.view_functions[rule.endpoint], MARK, None)
        for rule in client.app.url_map.iter_rules()
    }
    limits = {path: mark for path, mark in marks.items() if isinstance(mark, Rule)}
    reasons = {path: mark for path, mark in marks.items() if path not in limits}

    assert set(limits.values()) == set(Rule)
    assert "/openapi.json" in reasons
    for path, reason in reasons.items():
        assert isinstance(reason, str), f"{path} is neither limited nor says why not"
        assert len(reason.split()) > 5, (path, reason)


async def test_every_endpoint_is_documented(client: Client) -> None:
    schema = await (await client.get("/openapi.json")).get_json()
    page = await (await client.get("/docs")).get_data(as_text=True)

    for rule in client.app.url_map.iter_rules():
        if getattr(client.app.view_functions[rule.endpoint], QUART_SCHEMA_HIDDEN_ATTRIBUTE, False):
            continue
        path = rule.rule.replace("<", "{").replace(">", "}")
        assert path in schema["paths"]
        assert path in page
        for operation in schema["paths"][path].values():
            assert operation["responses"]
    assert "http://" not in page
    assert set(SubmissionSnapshot.model_fields) == set(Snapshot.__annotations__)
