"""Ways past a proxy: other protocols, two lengths, and addresses that a visitor forges."""

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator

import h2.config
import h2.connection
import h2.events
import pytest
from hypercorn.protocol.h11 import H11Protocol

from server.serving.http1 import keep_to_http1
from tests.integration.fronts import Front, open_front, visit
from tests.servers import HANG_S
from tests.sites import Site, open_site

UNKNOWN = "abcdefghijklmnopqrstuvwx"
PATH = f"/api/results/{UNKNOWN}"
SOCKET = "/socket.io/?EIO=4&transport=websocket"
H2C = (
    "Connection: Upgrade, HTTP2-Settings, close",
    "Upgrade: h2c",
    "HTTP2-Settings: AAMAAABkAAQAAP__",
)
HANDSHAKE = ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: cGV0c29uZyBwZXRzb25nIQ==")
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SPOOFED = "198.51.100.{}"
"""What is over sooner when all is well; a tunnel would stay open."""

UPGRADES = {
    "h2c": H2C,
    "h2c in capitals": ("Connection: upgrade, close", "Upgrade: H2C"),
    "a socket or h2c": ("Connection: upgrade, close", "Upgrade: websocket, h2c", *HANDSHAKE),
    "a socket, then h2c": (
        *("Connection: upgrade, close", "Upgrade: websocket", "Upgrade: h2c"),
        *HANDSHAKE,
    ),
    "h2c, then a socket": (
        *("Connection: upgrade, close", "Upgrade: h2c", "Upgrade: websocket"),
        *HANDSHAKE,
    ),
    "TLS": ("Connection: upgrade, close", "Upgrade: TLS/1.2"),
}


async def say(
    port: int, text: bytes, tls: ssl.SSLContext | None = None, address: str = "127.0.0.1"
) -> bytes:
    """Send `text` on a new connection and return everything until it is closed.

    An answer that opens a socket is the last one.
    """
    name = "localhost" if tls else None
    async with asyncio.timeout(HANG_S):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=tls, server_hostname=name, local_addr=(address, 0)
        )
        try:
            writer.write(text)
            await writer.drain()
            answer = b""
            while not answer.startswith(b"HTTP/1.1 101") and (piece := await reader.read(65536)):
                answer += piece
            return answer
        finally:
            writer.close()


async def say_to(front: Front, text: bytes, address: str = "127.0.0.1") -> bytes:
    """Send something to the proxy from a loopback address of one's own."""
    return await say(front.proxy.port, text, front.proxy.trust(), address)


def ask(target: str, *headers: str, host: str = "localhost", version: str = "1.1") -> bytes:
    """Return the bytes of a GET; it closes the connection unless a header says otherwise."""
    lines = [f"GET {target} HTTP/{version}", f"Host: {host}", *headers]
    if not any(header.startswith("Connection") for header in headers):
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode()


def read_status(answer: bytes) -> int:
    return int(answer.split(b" ")[1])


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site that trusts one proxy, reached without it."""
    folder = tmp_path_factory.mktemp("site")
    async with open_site(folder, TRUSTED_PROXY_HOPS="1") as site:
        yield site


def port_of(site: Site) -> int:
    return int(site.url.rpartition(":")[2])


@pytest.mark.fault(102)
@pytest.mark.parametrize("headers", UPGRADES.values(), ids=UPGRADES)
@pytest.mark.parametrize("target", [PATH, SOCKET, "/"])
async def test_the_site_upgrades_to_websockets_only(
    site: Site, target: str, headers: tuple[str, ...]
) -> None:
    assert read_status(await say(port_of(site), ask(target, *headers))) == 400


@pytest.mark.fault(102)
@pytest.mark.parametrize(
    "text", [PREFACE, ask(PATH, version="2.0"), ask(PATH, version="3.0"), ask(PATH, version="1.9")]
)
async def test_the_site_speaks_http_1_only(site: Site, text: bytes) -> None:
    answer = await say(port_of(site), text)

    assert read_status(answer) == 505
    assert b"HTTP/1.1 200" not in answer


@pytest.mark.fault(102)
async def test_a_body_with_two_lengths_is_refused(site: Site) -> None:
    lengths = ("Content-Length: 2", "Transfer-Encoding: chunked")
    hidden = b"0\r\n\r\n" + ask("/api/health/live")

    answer = await say(port_of(site), ask(PATH, *lengths, "Connection: keep-alive") + hidden)

    assert read_status(answer) == 400
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.fault(102)
async def test_a_socket_is_still_accepted(site: Site) -> None:
    handshake = ask(SOCKET, "Connection: Upgrade", "Upgrade: WebSocket", *HANDSHAKE)

    assert read_status(await say(port_of(site), handshake)) == 101


async def test_hypercorn_still_calls_the_method_we_replace() -> None:
    """The one private method of Hypercorn that `keep_to_http1` replaces."""
    keep_to_http1()

    assert H11Protocol._check_protocol.__module__ == "server.serving.http1"
    assert "_check_protocol" in H11Protocol._handle_events.__code__.co_names


@pytest.fixture(scope="module", params=["nginx", "apache"])
async def front(request: pytest.FixtureRequest) -> AsyncIterator[Front]:
    async with open_front(request.param) as front:
        yield front


linux = pytest.mark.skipif(
    sys.platform != "linux", reason="needs Debian's programs and more loopback addresses than one"
)


def smuggle(number: int) -> bytes:
    """Return an upgrade to HTTP/2 followed by a request with a forged address."""
    inside = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    inside.initiate_upgrade_connection()
    headers = [
        (":method", "GET"),
        (":path", PATH),
        (":scheme", "http"),
        (":authority", "localhost"),
        ("x-forwarded-for", SPOOFED.format(number)),
    ]
    inside.send_headers(inside.get_next_available_stream_id(), headers, end_stream=True)
    return ask(SOCKET, *H2C) + inside.data_to_send()


@pytest.mark.fault(102)
@linux
@pytest.mark.parametrize("headers", UPGRADES.values(), ids=UPGRADES)
@pytest.mark.parametrize("target", [PATH, SOCKET])
async def test_no_proxy_lets_another_protocol_through(
    front: Front, target: str, headers: tuple[str, ...]
) -> None:
    answer = await say_to(front, ask(target, *headers))

    # nginx passes on the first of two upgrades, which may be the one to a socket.
    assert read_status(answer) in (400, 404, 429) or b"sec-websocket-accept" in answer
    assert b"\r\nupgrade: h2c" not in answer.lower()
    # The site saw no upgrade: its answer to one has no body.
    assert b"sec-websocket-accept" in answer or answer.partition(b"\r\n\r\n")[2]


@pytest.mark.fault(102)
@linux
async def test_no_request_travels_inside_another(front: Front) -> None:
    answer = await say_to(front, smuggle(1))

    assert read_status(answer) in (400, 404)
    assert b"Session not found" not in answer
    assert b"101 " not in answer


FORGED = {
    "in the place of the proxy's": ("X-Forwarded-For: {}",),
    "two of them": ("X-Forwarded-For: {}", "X-Forwarded-For: 203.0.113.1"),
    "with an underscore": ("X_Forwarded_For: {}",),
    "folded": ("X-Forwarded-For: 203.0.113.1,\r\n {}",),
    "left out by the proxy": ("Connection: close, X-Forwarded-For", "X-Forwarded-For: {}"),
    "other names": ("Forwarded: for={}", "X-Real-IP: {}", "True-Client-IP: {}"),
    "a space before the colon": ("X-Forwarded-For : {}",),
}


@pytest.mark.fault(12, 102)
@linux
@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED)
async def test_no_visitor_can_forge_an_address(front: Front, headers: tuple[str, ...]) -> None:
    address = f"127.0.1.{1 + list(FORGED.values()).index(headers)}"
    statuses = []
    for number in range(4):
        forged = [header.format(SPOOFED.format(number)) for header in headers]
        statuses.append(read_status(await say_to(front, ask(PATH, *forged), address)))

    # Two requests an hour are allowed; malformed ones get nothing at all.
    assert statuses in ([404, 404, 429, 429], [400] * 4)


@pytest.mark.fault(102)
@linux
async def test_an_absolute_address_is_one_of_ours(front: Front) -> None:
    async with visit(front, "127.0.2.1") as http:
        await http.get(PATH)
        await http.get(PATH)
    forged = ask(f"http://localhost{PATH}", "X-Forwarded-For: 198.51.100.1")

    assert read_status(await say_to(front, forged, "127.0.2.1")) == 429
    elsewhere = ask("http://evil.example/admin", host="evil.example")
    assert read_status(await say_to(front, elsewhere, "127.0.2.1")) in (400, 404, 421)


@pytest.mark.fault(102)
@linux
async def test_no_request_hides_behind_another(front: Front) -> None:
    lengths = ("Content-Length: 4", "Transfer-Encoding: chunked", "Connection: keep-alive")
    hidden = ask("/api/health/live", "X-Forwarded-For: 198.51.100.1")
    text = ask(PATH, *lengths) + b"0\r\n\r\n" + hidden

    answer = await say_to(front, text, "127.0.3.1")

    assert read_status(answer) in (400, 404)
