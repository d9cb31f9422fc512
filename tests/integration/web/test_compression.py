"""Texts are compressed for clients that accept it, and plain for all others."""

import gzip
import shutil
from pathlib import Path

import pytest

from server.services import Services
from server.serving.app import create_app
from tests.integration.conftest import Client
from tests.integration.web.forms import UNKNOWN_ID

STYLE = "/assets/style-1234.css"


@pytest.fixture
def client(services: Services, client_folder: Path, tmp_path: Path) -> Client:
    """A client of a site whose stylesheet was built in all encodings."""
    dist = tmp_path / "dist"
    shutil.copytree(client_folder, dist)
    (dist / "assets" / "style-1234.css.br").write_bytes(b"as br")
    (dist / "assets" / "style-1234.css.gz").write_bytes(b"as gzip")
    (dist / "assets" / "font-1234.woff2").write_bytes(b"as it is")
    return create_app(services, dist).test_client()


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.9", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("", None),
    ],
)
async def test_an_asset_comes_in_an_encoding_that_the_browser_accepts(
    client: Client, accepted: str, encoding: str | None
) -> None:
    plain = await client.get(STYLE)

    response = await client.get(STYLE, headers={"Accept-Encoding": accepted})

    assert response.headers.get("Content-Encoding") == encoding
    assert response.headers["Vary"] == "Accept-Encoding"
    for name in ("Content-Type", "Cache-Control"):
        assert response.headers[name] == plain.headers[name]
    assert response.headers["Content-Type"].startswith("text/css")
    content = await response.get_data()
    assert content == (f"as {encoding}".encode() if encoding else await plain.get_data())
    assert (response.headers["ETag"] == plain.headers["ETag"]) is (encoding is None)


async def test_an_asset_that_is_not_compressed_does_not_vary(client: Client) -> None:
    response = await client.get("/assets/font-1234.woff2", headers={"Accept-Encoding": "br"})

    assert await response.get_data() == b"as it is"
    assert "Vary" not in response.headers
    assert "Content-Encoding" not in response.headers


async def test_compressed_files_of_the_build_have_no_address_of_their_own(client: Client) -> None:
    assert (await client.get(f"{STYLE}.br")).status_code == 404


@pytest.mark.parametrize("path", ["/", f"/result/{UNKNOWN_ID}", "/terms", "/docs", "/nowhere"])
async def test_every_page_is_compressed_for_browsers_that_accept_it(
    client: Client, path: str
) -> None:
    plain = await client.get(path)
    response = await client.get(path, headers={"Accept-Encoding": "gzip, br"})

    content = await response.get_data(as_text=False)
    assert gzip.decompress(content) == await plain.get_data()
    assert int(response.headers["Content-Length"]) == len(content)
    assert response.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    for name in ("Content-Type", "Vary", "Content-Security-Policy"):
        assert response.headers[name] == plain.headers[name]
    assert response.status_code == plain.status_code


async def test_answers_to_programs_are_left_alone(client: Client) -> None:
    for path in ("/api/health/live", f"/api/results/{UNKNOWN_ID}"):
        response = await client.get(path, headers={"Accept-Encoding": "gzip"})
        assert "Content-Encoding" not in response.headers
