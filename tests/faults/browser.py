"""A page's socket, and what is pushed to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import socketio

from realtime.events import Event
from tests.servers import HANG_S


class Browser:
    """A socket, and the statuses and queue places it has received."""

    def __init__(self) -> None:
        self.client = socketio.AsyncClient(reconnection=False)
        self.told: list[str] = []
        self.places: list[int | None] = []
        self.client.on(Event.STATUS.value, self._hear)

    def _hear(self, snapshot: dict[str, Any]) -> None:
        self.told.append(snapshot["status"])
        self.places.append(snapshot["queue_position"])

    async def watch(self, session_id: object) -> dict[str, Any]:
        return dict(await self.client.call(Event.WATCH.value, {"session_id": session_id}))


@asynccontextmanager
async def open_browser(url: str) -> AsyncIterator[Browser]:
    browser = Browser()
    await browser.client.connect(url, transports=["websocket"], wait_timeout=HANG_S)
    try:
        yield browser
    finally:
        await browser.client.disconnect()
