"""The socket that visitors connect to."""

import asyncio
import socket

from server.settings import Settings
from server.site import bind
from tests.servers import free_port


async def test_answers_are_sent_at_once() -> None:
    """A head and its body are two writes; the second must not wait for the first's receipt."""
    accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def look(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        accepted.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    listener = bind(Settings(port=free_port()))
    async with await asyncio.start_server(look, sock=listener):
        _, writer = await asyncio.open_connection(*listener.getsockname())
        writer.close()

        assert await accepted == 1
