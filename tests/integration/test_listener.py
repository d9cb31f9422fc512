"""The socket that visitors connect to."""

import asyncio
import itertools
import socket
from contextlib import ExitStack

from server.serving.listener import ACCEPTED_AT_A_TIME, Listener
from server.settings import Settings
from server.site import bind
from tests.servers import free_port


async def test_answers_are_sent_at_once() -> None:
    """A head and its body are two writes; the second must not wait for the first one's ACK."""
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


def test_a_crowd_is_accepted_a_few_at_a_time_and_nobody_is_forgotten() -> None:
    listener = bind(Settings(port=free_port()))
    listener.listen(100)
    listener.setblocking(False)
    with ExitStack() as stack:
        stack.enter_context(listener)
        for _ in range(2 * ACCEPTED_AT_A_TIME + 1):
            stack.enter_context(socket.create_connection(listener.getsockname()))
        batches = [accept_all(listener, stack) for _ in range(4)]

    assert batches == [ACCEPTED_AT_A_TIME, ACCEPTED_AT_A_TIME, 1, 0]


def accept_all(listener: Listener, stack: ExitStack) -> int:
    """Accept as asyncio does in one turn of its loop; return how many."""
    for number in itertools.count():
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            return number
        stack.enter_context(connection)
    raise AssertionError
