"""Both ends of the song service: a caller of its API and a receiver of its webhooks."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

PATIENCE_S = 20.0

PROMPT = (
    "Create a heartfelt Valentine's Day love song celebrating the special bond between Zoë and "
    "their beloved Dog Łukasz Two. Make it warm, genuine, and mention both names in the lyrics."
)


class Api(httpx.AsyncClient):
    """The song service as a caller sees it."""

    def __init__(self, api_url: str) -> None:
        headers = {"Authorization": "Bearer any-key"}
        super().__init__(base_url=api_url, headers=headers, timeout=PATIENCE_S, trust_env=False)

    async def order(self, **fields: object) -> httpx.Response:
        body = {"prompt": PROMPT, "tags": ["Romantic", "love song"]} | fields
        return await self.post("/generations/v3", json=body)

    async def create(self, **fields: object) -> str:
        response = await self.order(**fields)
        assert response.status_code == 200
        return str(response.json()["task_id"])

    async def wait_for(self, task_id: str, *statuses: str) -> dict[str, Any]:
        """Poll until the generation is in one of these states."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                detail: dict[str, Any] = (await self.get(f"/generations/{task_id}")).json()
                if detail["status"] in statuses:
                    return detail
                await asyncio.sleep(0.02)


class Receiver:
    """The receiving end of the webhooks: keeps every payload in order of arrival."""

    def __init__(self) -> None:
        self.payloads: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.url = ""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:-2])
                self.payloads.put_nowait(
                    json.loads(await reader.readexactly(int(fields[b"content-length"])))
                )
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def next(self, task_id: str) -> dict[str, Any]:
        """The next payload of this generation; those of others are dropped."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                payload = await self.payloads.get()
                if payload["task_id"] == task_id:
                    return payload
