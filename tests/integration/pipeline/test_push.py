"""The waiting page's side of the wire: a watcher gets every change and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import socketio

from realtime.events import NOT_FOUND, Event, Snapshot
from server.ids import new_session_id
from tests.servers import HANG_S, wait_until
from tests.sites import Site

FIELDS = set(Snapshot.__annotations__)


class Browser:
    """A socket and what it has received."""

    def __init__(self, client: socketio.AsyncClient) -> None:
        self.client = client
        self.events: list[dict[str, Any]] = []
        client.on(Event.STATUS.value, self.events.append)

    async def watch(self, request: object) -> dict[str, Any]:
        return dict(await self.client.call(Event.WATCH.value, request))

    def statuses_of(self, session_id: str) -> list[str]:
        return [one["status"] for one in self.events if one["session_id"] == session_id]


@asynccontextmanager
async def open_browser(site: Site, address: str = "192.0.2.1") -> AsyncIterator[Browser]:
    client = socketio.AsyncClient(reconnection=False)
    browser = Browser(client)
    # Only a site behind a proxy trusts the header.
    headers = {"X-Forwarded-For": address}
    await client.connect(site.url, headers=headers, transports=["websocket"], wait_timeout=HANG_S)
    yield browser
    await client.disconnect()


async def test_the_snapshot_and_the_events_end_at_the_state_of_the_row(site: Site) -> None:
    async with open_browser(site) as browser:
        session_id = await site.submit()

        first = await browser.watch({"session_id": session_id})
        await wait_until(lambda: "success" in browser.statuses_of(session_id))

        assert set(first) == FIELDS
        versions = [one["version"] for one in browser.events]
        newest = max([first, *browser.events], key=lambda one: one["version"])
        assert len(set(versions)) == len(versions)
        assert newest == await site.snapshot(session_id)
        assert newest["preview_url"]


async def test_progress_never_falls(site: Site) -> None:
    async with open_browser(site) as browser:
        session_id = await site.submit()
        first = await browser.watch({"session_id": session_id})
        await wait_until(lambda: "success" in browser.statuses_of(session_id))

        told = sorted([first, *browser.events], key=lambda one: one["version"])
        shares = [one["progress"] for one in told]
        assert shares == sorted(shares)
        assert shares[-1] == 1.0


async def test_a_socket_watches_one_submission_at_a_time(site: Site) -> None:
    async with open_browser(site) as browser, open_browser(site) as other:
        first, second = await asyncio.gather(site.submit(), site.submit(seed=1))
        await browser.watch({"session_id": first})
        await browser.watch({"session_id": second})
        await other.watch({"session_id": first})

        await wait_until(lambda: "success" in browser.statuses_of(second))
        await wait_until(lambda: "success" in other.statuses_of(first))

        assert "success" not in browser.statuses_of(first)


@pytest.mark.parametrize(
    "request_",
    [None, "text", [], {}, {"session_id": 7}, {"session_id": "../../etc"}, {"session_id": "\x00"}],
    ids=repr,
)
async def test_a_malformed_watch_watches_nothing(site: Site, request_: object) -> None:
    async with open_browser(site) as browser:
        assert await browser.watch(request_) == NOT_FOUND


async def test_an_unknown_submission_is_not_found(site: Site) -> None:
    async with open_browser(site) as browser:
        assert await browser.watch({"session_id": new_session_id()}) == NOT_FOUND


async def test_long_polling_is_refused(site: Site) -> None:
    polling = await site.http.get("/socket.io/", params={"EIO": "4", "transport": "polling"})

    assert polling.status_code == 400


async def test_a_socket_is_not_compressed_although_browsers_offer_it(site: Site) -> None:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "cGV0c29uZyBwZXRzb25nIQ==",
        "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
    }
    query = {"EIO": "4", "transport": "websocket"}
    async with site.http.stream("GET", "/socket.io/", params=query, headers=headers) as reply:
        assert reply.status_code == 101
        assert "sec-websocket-extensions" not in reply.headers


async def test_a_page_of_another_site_gets_no_socket(site: Site) -> None:
    async def handshake(origin: str) -> int:
        headers = {
            "Origin": origin,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "cGV0c29uZyBwZXRzb25nIQ==",
        }
        query = {"EIO": "4", "transport": "websocket"}
        async with site.http.stream("GET", "/socket.io/", params=query, headers=headers) as reply:
            return reply.status_code

    assert await handshake(site.url) == 101
    assert await handshake("https://elsewhere.example") >= 400
