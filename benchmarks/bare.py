"""`python -m benchmarks.bare PORT`: bare sockets on the site's web server, with the site's pings.

The result is a lower bound for the cost of a crowd on that web server: each socket is accepted,
pinged as often as by the site, and gets the same constant answer.
"""

import asyncio
import gc
import random
import resource
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, Scope

from benchmarks.servers import free_port
from benchmarks.stack import ROOT, Web, bind_to, stop_process, wait_until_up
from realtime.engine import PING_EVERY_S

ANSWERS: Final = {"40": "40{}", "42": '430[{"status":"pending"}]'}
"""Prefix of a visitor's message -> the answer, in Socket.IO's frames."""


@asynccontextmanager
async def open_bare(core: int) -> AsyncIterator[Web]:
    """Serve bare sockets in a process bound to a core, for the length of the block."""
    port = free_port()
    command = bind_to(core, sys.executable, "-m", "benchmarks.bare", str(port))
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    web = Web(Path(), {}, core, port, process)
    try:
        await wait_until_up(web.url)
        yield web
    finally:
        await stop_process(process)


async def _answer(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    else:
        await _hold(receive, send)


async def _hold(receive: ASGIReceiveCallable, send: Any) -> None:
    # Like the site: zlib's windows would be most of the memory.
    send.__self__.handshake.extensions = None
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "0{}"})
    pinging = asyncio.create_task(_ping(send))
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            break
        if event["type"] == "websocket.receive":
            text = event["text"] or (event["bytes"] or b"").decode()
            if answer := ANSWERS.get(text[:2]):
                await send({"type": "websocket.send", "text": answer})
    pinging.cancel()


async def _ping(send: Any) -> None:
    while True:
        await asyncio.sleep(random.uniform(*PING_EVERY_S))
        await send({"type": "websocket.send", "text": "2"})


async def _live(receive: ASGIReceiveCallable, send: Any) -> None:
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    config = Config()
    config.bind = [f"127.0.0.1:{sys.argv[1]}"]
    config.backlog = 2048
    config.errorlog = None
    # Like the site.
    gc.freeze()
    gc.set_threshold(500, 4, 1000)
    asyncio.run(serve(_answer, config))
