"""Answers of the running site, including those of its sockets."""

from pathlib import Path

import httpx
import pytest

from server.web.headers import SECURITY_HEADERS
from tests.sites import open_site

SOCKET = "/socket.io/?EIO=4&transport="
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "cGV0c29uZyBwZXRzb25nIQ==",
}
OVER_TLS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}


async def look(url: str, path: str, headers: dict[str, str]) -> httpx.Response:
    async with (
        httpx.AsyncClient(base_url=url, trust_env=False) as http,
        http.stream("GET", path, headers=headers) as answer,
    ):
        return answer


@pytest.mark.fault(92)
@pytest.mark.parametrize("hops", [0, 1])
async def test_sockets_and_pages_of_a_site_behind_a_proxy(hops: int, tmp_path: Path) -> None:
    async with open_site(tmp_path, TRUSTED_PROXY_HOPS=str(hops), SOCKETS_PER_IP="1") as site:
        answers = {
            "page": await look(site.url, "/", OVER_TLS),
            "polling": await look(site.url, f"{SOCKET}polling", OVER_TLS),
            "foreign page's socket": await look(
                site.url,
                f"{SOCKET}websocket",
                OVER_TLS | HANDSHAKE | {"Origin": "https://evil.example"},
            ),
            "socket": await look(site.url, f"{SOCKET}websocket", OVER_TLS | HANDSHAKE),
        }

    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert statuses["page"] == 200
    assert statuses["polling"] == 400
    assert statuses["foreign page's socket"] in (400, 403)
    assert statuses["socket"] == 101
    for name, answer in answers.items():
        assert "Server" not in answer.headers, name
        assert ("Strict-Transport-Security" in answer.headers) is (hops == 1), name
        for header in SECURITY_HEADERS:
            assert header in answer.headers, (name, header)


SPOOFED = "198.51.100.{}"
OUR_PROXY = "192.0.2.9"


@pytest.mark.fault(12)
@pytest.mark.parametrize("hops", [0, 1, 2])
async def test_only_our_own_proxies_are_believed_about_an_address(
    hops: int, tmp_path: Path
) -> None:
    believed = {0: [], 1: ["203.0.113.5"], 2: ["203.0.113.5", OUR_PROXY]}[hops]
    async with open_site(
        tmp_path, TRUSTED_PROXY_HOPS=str(hops), RESULTS_PER_HOUR_PER_IP="3"
    ) as site:

        async def read(number: int, seen: list[str]) -> int:
            # The visitor's forged value comes first; a second header extends the first.
            headers = [("X-Forwarded-For", f"{SPOOFED.format(number)}, garbage")]
            headers += [("X-Forwarded-For", ", ".join(seen))] if seen else []
            headers += [("X-Real-IP", SPOOFED.format(number)), ("Forwarded", "for=198.51.100.1")]
            return (await site.http.get("/api/results/unknown", headers=headers)).status_code

        statuses = [await read(number, believed) for number in range(5)]
        other = await read(9, ["203.0.113.6", *believed[1:]])

    assert statuses == [404] * 3 + [429] * 2
    assert other == (404 if hops else 429)
