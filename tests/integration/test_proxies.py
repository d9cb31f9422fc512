"""The site behind nginx and behind Apache, configured by the files in deploy/, with TLS."""

import re
import sys
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import httpx
import pytest
import socketio

from realtime.engine import PING_EVERY_S
from server.web.cors import ANSWER
from server.web.headers import SECURITY_HEADERS, STRICT_TRANSPORT_SECURITY
from tests.integration.fronts import SHOP, Front, open_front, visit
from tests.servers import HANG_S, wait_until
from tests.sources import ROOT

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="needs Debian's programs and more loopback addresses than one"
)

UNKNOWN = "abcdefghijklmnopqrstuvwx"
HEADERS = SECURITY_HEADERS | {"Strict-Transport-Security": STRICT_TRANSPORT_SECURITY}
FORM_BYTES = 7_000_000
PING_TIMEOUT_S = 20


@pytest.fixture(scope="module", params=["nginx", "apache"])
async def front(request: pytest.FixtureRequest) -> AsyncIterator[Front]:
    async with open_front(request.param) as front:
        yield front


@pytest.fixture
async def http(front: Front) -> AsyncIterator[httpx.AsyncClient]:
    async with visit(front) as http:
        yield http


@pytest.fixture(scope="module")
async def song(front: Front) -> str:
    """A finished song."""
    session_id = await front.site.submit()
    await front.site.wait_for(session_id, status="success")
    return session_id


async def test_pages_come_compressed_once_and_name_the_public_address(
    front: Front, http: httpx.AsyncClient
) -> None:
    page = await http.get("/", headers={"Accept-Encoding": "gzip"})

    assert page.status_code == 200
    assert page.headers.get_list("Content-Encoding") == ["gzip"]
    assert page.text.lstrip().lower().startswith("<!doctype html>")
    assert f'content="{front.proxy.url}/' in page.text
    for name, value in HEADERS.items():
        assert page.headers.get_list(name) == [value]


async def test_what_the_site_does_not_compress_stays_so(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/health", headers={"Accept-Encoding": "gzip"})

    assert answer.json()
    assert "Content-Encoding" not in answer.headers


async def test_plain_http_is_redirected_to_tls(front: Front) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{front.proxy.plain_url}/result/{UNKNOWN}")

    assert answer.status_code == 301
    assert urlsplit(answer.headers["Location"]).scheme == "https"
    assert urlsplit(answer.headers["Location"]).path == f"/result/{UNKNOWN}"


@pytest.mark.parametrize(
    ("range_", "piece"), [("bytes=0-99", slice(100)), ("bytes=-50", slice(-50, None))]
)
async def test_the_proxy_itself_serves_the_range_of_a_video(
    front: Front, http: httpx.AsyncClient, song: str, range_: str, piece: slice
) -> None:
    path = f"/storage/video/{song}.mp4"
    video = (front.files / "video" / f"{song}.mp4").read_bytes()

    answer = await http.get(path, headers={"Range": range_})
    past_the_proxy = await front.site.http.get(path)

    assert answer.status_code == 206
    assert answer.content == video[piece]
    assert answer.headers["Content-Range"].endswith(f"/{len(video)}")
    assert past_the_proxy.content == b""


@pytest.mark.parametrize(
    ("folder", "name", "ending", "kind"),
    [
        ("video", "video", ".mp4", "video/mp4"),
        ("video", "video", "-story.mp4", "video/mp4"),
        ("teaser", "video", ".mp4", "video/mp4"),
        ("preview", "preview", ".mp4", "video/mp4"),
        ("poster", "preview", ".jpg", "image/jpeg"),
        ("card", "preview", ".jpg", "image/jpeg"),
    ],
)
async def test_a_whole_file_comes_with_the_headers_of_the_site(
    front: Front,
    http: httpx.AsyncClient,
    song: str,
    folder: str,
    name: str,
    ending: str,
    kind: str,
) -> None:
    kept_as = {"teaser": "-teaser.mp4", "card": "-card.jpg"}.get(folder, ending)

    answer = await http.get(f"/storage/{folder}/{song}{ending}", headers={"Origin": SHOP})

    assert answer.status_code == 200
    assert answer.content == (front.files / name / f"{song}{kept_as}").read_bytes()
    assert answer.headers["Content-Type"] == kind
    expected = {**HEADERS, **ANSWER, "Access-Control-Allow-Origin": SHOP, "Vary": "Origin"}
    expected["Cache-Control"] = "public, max-age=3600, s-maxage=0, must-revalidate"
    if folder in ("teaser", "card"):
        expected["Cross-Origin-Resource-Policy"] = "cross-origin"
    for header, value in expected.items():
        assert answer.headers.get_list(header) == [value]
    assert not {"x-accel-redirect", "x-sendfile"} & answer.headers.keys()


async def test_a_video_is_saved_under_its_names(http: httpx.AsyncClient, song: str) -> None:
    answer = await http.get(f"/storage/video/{song}.mp4?download")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="Toby-and-Matt.mp4"'
    assert len(answer.content) > 1000


async def test_a_video_without_a_finished_song_is_not_found(
    front: Front, http: httpx.AsyncClient, song: str
) -> None:
    kept = front.files / "video" / f"{song}.mp4"
    (front.files / "video" / f"{UNKNOWN}.mp4").write_bytes(kept.read_bytes())

    assert (await http.get(f"/storage/video/{UNKNOWN}.mp4")).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        *("/files/video/{song}.mp4", "/files/uploads/{song}.jpg", "/uploads/{song}.jpg"),
        *("/storage/uploads/{song}.jpg", "/storage/video/../uploads/{song}.jpg"),
        *("/storage/audio/{song}.mp3", "/files/audio/{song}.mp3"),
    ],
)
async def test_the_proxy_serves_no_file_by_its_path(
    front: Front, http: httpx.AsyncClient, song: str, path: str
) -> None:
    assert (await http.get(path.format(song=song))).status_code == 404


async def test_a_deleted_song_is_gone_at_once(front: Front, http: httpx.AsyncClient) -> None:
    cookie_id = "cookie_of_somebody_who_deletes_a_song"
    session_id = await front.site.submit(cookie_id=cookie_id)
    await front.site.wait_for(session_id, status="success")
    path = f"/storage/video/{session_id}.mp4"
    assert (await http.get(path)).status_code == 200

    body = {"cookie_id": cookie_id}
    deleted = await http.request("DELETE", f"/api/submissions/{session_id}", json=body)

    assert deleted.status_code == 200
    assert (await http.get(path)).status_code == 404


async def test_a_waiting_page_gets_pushes_through_the_proxy(front: Front) -> None:
    session_id = await front.site.submit()
    seen: list[dict[str, Any]] = []
    connector = aiohttp.TCPConnector(ssl=front.proxy.trust())
    async with aiohttp.ClientSession(connector=connector) as session:
        sockets = socketio.AsyncClient(reconnection=False, http_session=session)
        sockets.on("status", seen.append)
        await sockets.connect(front.proxy.url, transports=["websocket"], wait_timeout=HANG_S)
        seen.append(await sockets.call("watch", {"session_id": session_id}))

        await wait_until(lambda: seen[-1]["status"] == "success")

        await sockets.disconnect()
    assert {snapshot["session_id"] for snapshot in seen} == {session_id}


async def test_a_visitor_is_known_by_the_address_the_proxy_saw(front: Front) -> None:
    path = f"/api/results/{UNKNOWN}"
    async with visit(front, "127.0.0.2") as one, visit(front, "127.0.0.3") as other:
        answers = [
            await one.get(path, headers={"X-Forwarded-For": f"198.51.100.{number}"})
            for number in range(3)
        ]

        assert [answer.status_code for answer in answers] == [404, 404, 429]
        assert (await other.get(path)).status_code == 404


async def test_the_proxy_accepts_the_longest_form_that_the_site_does(
    http: httpx.AsyncClient,
) -> None:
    start, end = b'{"photo": "', b'"}'
    largest = start + b"A" * (FORM_BYTES - len(start) - len(end)) + end
    headers = {"Content-Type": "application/json"}

    answer = await http.post("/api/submissions", content=largest, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"] == "validation_failed"
    answer = await http.post("/api/submissions", content=largest + b" ", headers=headers)
    assert answer.status_code == 413
    assert answer.headers["Content-Type"].startswith("text/html"), "the proxy's, not the site's"


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("nginx.conf", r"proxy_(?:read|send)_timeout (\d+)s;"),
        ("apache.conf", r"upgrade=websocket timeout=(\d+) "),
    ],
)
def test_an_idle_socket_is_left_open_until_its_next_ping(name: str, pattern: str) -> None:
    timeouts = re.findall(pattern, (ROOT / "deploy" / name).read_text())

    assert timeouts
    assert all(int(timeout) > PING_EVERY_S[1] + PING_TIMEOUT_S for timeout in timeouts)
