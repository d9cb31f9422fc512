"""A song host with a certificate, and a network in which a public address leads to it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.servers.certificates import make_certificate

SONG = b"la la la"
ANSWER = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(SONG), SONG)


class Detour(httpx.AsyncBaseTransport):
    """Directs requests to one port of this machine; `asked` are the addresses they were meant for.

    `trusted` is the only trusted certificate. Requests to `closed` go nowhere.
    """

    def __init__(self, port: int, trusted: Path) -> None:
        self.asked: list[str] = []
        self.closed: set[str] = set()
        self._port = port
        context = ssl.create_default_context(cafile=str(trusted))
        self._network = httpx.AsyncHTTPTransport(verify=context)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.host)
        if request.url.host in self.closed:
            raise httpx.ConnectError("nobody listens there")
        request.url = request.url.copy_with(host="127.0.0.1", port=self._port)
        return await self._network.handle_async_request(request)

    async def aclose(self) -> None:
        await self._network.aclose()


@asynccontextmanager
async def open_host(name: str, folder: Path) -> AsyncIterator[Detour]:
    """Serve one song under a certificate for `name`; yield a network that leads only there."""
    certificate = make_certificate(name, folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        yield Detour(server.sockets[0].getsockname()[1], certificate)
