"""One request, byte for byte, however malformed, on its own connection, and its answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from tests.inputs.lines import Request
from tests.servers import HANG_S

CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class Answer:
    """The status code and what followed it; 0 if nothing came at all."""

    status: int
    headers: str
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object in the body; empty if there is none."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}


@asynccontextmanager
async def late_forms(port: int, count: int) -> AsyncIterator[None]:
    """Keep `count` forms unfinished for the duration of the block."""
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
    """Send `request` and return the answer; TimeoutError if it takes longer than HANG_S."""
    async with asyncio.timeout(HANG_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            reply = asyncio.create_task(_read(reader))
            with suppress(ConnectionError):  # it was answered before it was sent completely
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
    with suppress(ConnectionError):  # the server closed the connection while we were still sending
        while piece := await reader.read(CHUNK_BYTES):
            content += piece
    head, _, body = content.partition(b"\r\n\r\n")
    status, _, headers = head.decode("latin-1").partition("\r\n")
    return Answer(int(status.split(" ")[1]) if status else 0, headers, body)
