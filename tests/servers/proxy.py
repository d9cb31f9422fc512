"""A TCP proxy that behaves like a bad network.

Invariant: what it forwards is unchanged and in order; without a fault it is transparent.
"""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

CHUNK_BYTES = 65536
DRIP_PAUSE_S = 0.01


class Proxy:
    """Forwards a loopback port of its own to the first of `target_ports` that is listened on.

    `delay_s` delays each chunk and `drip_bytes` splits it; both apply in both directions.
    """

    def __init__(self, *target_ports: int) -> None:
        self.port = 0
        self.delay_s = 0.0
        self.drip_bytes: int | None = None
        self.cuts = 0
        self.target_ports = target_ports
        self._server: asyncio.Server | None = None
        self._flows = asyncio.Event()
        self._flows.set()
        self._links: set[asyncio.Task[None]] = set()
        self._budget: int | None = None
        self._fatal_words: bytes | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._link, "127.0.0.1", 0)
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
        links = list(self._links)
        self.cut()
        await asyncio.gather(*links, return_exceptions=True)

    def cut(self) -> None:
        """Break every connection; new ones are accepted."""
        for link in self._links:
            link.cancel()

    def cut_after(self, sent_bytes: int) -> None:
        """Break the connection whose client sends the last of the next `sent_bytes`; once."""
        self._budget = sent_bytes

    def lose_answer_to(self, words: bytes) -> None:
        """Forward the next request containing `words`, and disconnect when it is answered; once."""
        self._fatal_words = words

    def blackhole(self) -> None:
        """Drop packets: no connection breaks, and nothing arrives until `restore`."""
        self._flows.clear()

    def restore(self) -> None:
        """Deliver what was held back, and be transparent again."""
        self.delay_s, self.drip_bytes = 0.0, None
        self._flows.set()

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.current_task()
        assert link is not None
        self._links.add(link)
        link.add_done_callback(self._links.discard)
        writers = [writer]
        try:
            far_reader, far_writer = await self._connect()
            writers.append(far_writer)
            is_doomed = asyncio.Event()
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._send(reader, far_writer, is_doomed))
                ways.create_task(self._answer(far_reader, writer, is_doomed))
        except (*LINK_ENDS, ExceptionGroup, asyncio.CancelledError):
            return
        finally:
            for end in writers:
                end.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        *others, last = self.target_ports
        for port in others:
            with suppress(ConnectionRefusedError):
                return await asyncio.open_connection("127.0.0.1", port)
        return await asyncio.open_connection("127.0.0.1", last)

    async def _send(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, is_doomed: asyncio.Event
    ) -> None:
        while content := await source.read(CHUNK_BYTES):
            if self._fatal_words and self._fatal_words in content:
                self._fatal_words = None
                is_doomed.set()
            if self._budget is not None and len(content) >= self._budget:
                content, self._budget = content[: self._budget], None
                await self._pass_on(content, target)
                break
            if self._budget is not None:
                self._budget -= len(content)
            await self._pass_on(content, target)
        self._end()

    async def _answer(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, is_doomed: asyncio.Event
    ) -> None:
        while content := await source.read(CHUNK_BYTES):
            if is_doomed.is_set():
                break
            await self._pass_on(content, target)
        self._end()

    async def _pass_on(self, content: bytes, target: asyncio.StreamWriter) -> None:
        size = self.drip_bytes or len(content)
        for start in range(0, len(content), size):
            await asyncio.sleep(self.delay_s or (DRIP_PAUSE_S if self.drip_bytes else 0))
            await self._flows.wait()
            target.write(content[start : start + size])
            await target.drain()

    def _end(self) -> None:
        self.cuts += 1
        raise ConnectionAbortedError("one end has left, and so does the other")


LINK_ENDS = (ConnectionError, OSError)
