"""One request to the byte over a connection of its own, however wrong it is, and its answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from tests.inputs.lines import Request

HANG_S = 5.0
CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class Answer:
    """The status line's number and what came below it; 0 when nothing came at all."""

    status: int
    headers: str
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object of the body; empty for anything else."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}


@asynccontextmanager
async def late_forms(port: int, count: int) -> AsyncIterator[None]:
    """Have as many forms begun, and not ended, for the block's length."""
    request = Request("POST", "/api/submissions", b"{", (("Content-Length", "1000"),))
    writers = []
    for _ in range(count):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_spell(port, request))
        await writer.drain()
        writers.append(writer)
    try:
        yield
    finally:
        for writer in writers:
            writer.close()


async def play(port: int, request: Request) -> Answer:
    """Send `request` and return the answer; TimeoutError when it takes longer than HANG_S."""
    async with asyncio.timeout(HANG_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            reply = asyncio.create_task(_read(reader))
            with suppress(ConnectionError):  # it was answered before all of it was sent
                await _send(writer, _spell(port, request), reply)
            return await reply
        finally:
            writer.close()


def _spell(port: int, request: Request) -> bytes:
    names = {name.lower() for name, _ in request.headers}
    headers = list(request.headers)
    if "host" not in names:
        headers.insert(0, ("Host", f"127.0.0.1:{port}"))
    if not names & {"content-length", "transfer-encoding"}:
        headers.append(("Content-Length", str(len(request.body))))
    if "connection" not in names:
        headers.append(("Connection", "close"))
    lines = [f"{request.method} {request.target} HTTP/1.1", *map(": ".join, headers), "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + request.body


async def _send(writer: asyncio.StreamWriter, content: bytes, reply: asyncio.Task[Answer]) -> None:
    for start in range(0, len(content), CHUNK_BYTES):
        if reply.done():
            return
        writer.write(content[start : start + CHUNK_BYTES])
        await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Answer:
    content = b""
    with suppress(ConnectionError):  # it closed while we were still sending
        while piece := await reader.read(CHUNK_BYTES):
            content += piece
    head, _, body = content.partition(b"\r\n\r\n")
    status, _, headers = head.decode("latin-1").partition("\r\n")
    return Answer(int(status.split(" ")[1]) if status else 0, headers, body)
