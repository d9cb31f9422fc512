"""The limits of sockets and messages per address; a refused page can still poll over HTTP."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import count

import aiohttp
import httpx
import pytest

from server.ids import new_session_id
from tests.integration.pipeline.test_push import open_browser
from tests.servers import wait_until
from tests.sites import Network, Site, open_site

UPGRADE = "/socket.io/?EIO=4&transport=websocket"
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "cGV0c29uZyBwZXRzb25nIQ==",
}
OTHER = "198.51.100.1"
HOSTS = count(1)


@pytest.fixture(scope="module")
async def small_site(
    module_network: Network, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """A site behind a proxy that admits few sockets; each connects with 2 messages."""
    async with open_site(
        tmp_path_factory.mktemp("site"),
        network=module_network,
        TRUSTED_PROXY_HOPS="1",
        SOCKETS_PER_IP="3",
        SOCKET_MESSAGES_PER_MINUTE="10",
        SOCKET_MESSAGES_PER_MINUTE_PER_IP="30",
    ) as site:
        yield site


@pytest.fixture
def ours() -> str:
    """An address that no test has used yet."""
    return f"203.0.113.{next(HOSTS)}"


async def request_upgrade(site: Site, address: str) -> httpx.Response:
    """Ask for a socket from an address, and leave again."""
    headers = HANDSHAKE | {"X-Forwarded-For": f"192.0.2.1, {address}"}
    async with (
        httpx.AsyncClient(base_url=site.url, trust_env=False) as http,
        http.stream("GET", UPGRADE, headers=headers) as answer,
    ):
        return answer


async def test_an_address_may_open_only_so_many_sockets(small_site: Site, ours: str) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(open_browser(small_site, ours))

        refused = await request_upgrade(small_site, ours)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
        assert (await request_upgrade(small_site, OTHER)).status_code == 101
        session_id = await small_site.submit()
        assert (await small_site.snapshot(session_id))["session_id"] == session_id

    async def is_let_in() -> bool:
        return (await request_upgrade(small_site, ours)).status_code == 101

    await wait_until(is_let_in)


async def test_only_the_socket_that_sends_too_much_is_closed(small_site: Site, ours: str) -> None:
    async with open_browser(small_site, ours) as loud, open_browser(small_site, ours) as quiet:
        for _ in range(12):
            await loud.client.emit("nonsense", {})

        await wait_until(lambda: not loud.client.connected, message="the loud one is shown out")
        assert (await quiet.watch({"session_id": new_session_id()}))["error"] == "not_found"
    assert "socket_closed" in small_site.output()


async def test_an_address_that_comes_and_goes_is_refused(small_site: Site, ours: str) -> None:
    statuses = [(await request_upgrade(small_site, ours)).status_code for _ in range(40)]

    # A few more than 30 on a slow machine, whose minute has begun to pass.
    assert statuses[:30] == [101] * 30
    assert 429 in statuses[30:]
    assert (await request_upgrade(small_site, OTHER)).status_code == 101


@pytest.mark.fault(76)
@pytest.mark.parametrize(
    "message", [b"attachment", '4599999["watch",{"_placeholder":true,"num":0}]', '461-[""]']
)
async def test_a_socket_that_brings_attachments_is_closed(
    small_site: Site, ours: str, message: str | bytes
) -> None:
    async with (
        aiohttp.ClientSession(headers={"X-Forwarded-For": ours}) as session,
        session.ws_connect(f"{small_site.url}{UPGRADE}") as socket,
    ):
        await socket.send_str("40")
        if isinstance(message, bytes):
            await socket.send_bytes(message)
        else:
            await socket.send_str(message)
        kinds = [each.type async for each in socket]
        assert aiohttp.WSMsgType.ERROR not in kinds
        assert socket.close_code == 1008
