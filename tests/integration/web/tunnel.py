"""A TCP tunnel to a server that can be frozen: packets vanish and no connection is refused."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self


class Tunnel:
    """Forwards a loopback port of its own to `port`, but in `freeze`."""

    def __init__(self, port: int) -> None:
        self._target_port = port
        self._flows = asyncio.Event()
        self._flows.set()
        self._server: asyncio.Server | None = None
        self._streams: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for stream in self._streams:
            stream.cancel()
        await asyncio.gather(*self._streams, return_exceptions=True)

    @contextmanager
    def freeze(self) -> Iterator[None]:
        """Let nothing through for the block's length."""
        self._flows.clear()
        try:
            yield
        finally:
            self._flows.set()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        for source, target in ((reader, far_writer), (far_reader, writer)):
            stream = asyncio.create_task(self._pump(source, target))
            self._streams.add(stream)
            stream.add_done_callback(self._streams.discard)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError):
                while content := await source.read(65536):
                    await self._flows.wait()
                    target.write(content)
                    await target.drain()
        finally:
            target.close()
