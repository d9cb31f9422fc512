"""`python -m server.simulator`: serves the simulator and prints its URL as one JSON line on stdout.

The line is printed when connections are accepted, so callers can connect at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import threading
from pathlib import Path

from hypercorn.asyncio import serve

from .app import create_app
from .listener import Listener, ListenerConfig
from .service import Options, SongService

STDIN = 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m server.simulator", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where generations are stored")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--song-seconds-delay", type=float, default=8.0, metavar="S")
    parser.add_argument("--song-seconds", type=float, metavar="S", help="default: 60 to 90")
    parser.add_argument("--song", type=Path, metavar="MP3", help="deliver this; compose nothing")
    parser.add_argument("--credits", type=int, default=10_000)
    parser.add_argument("--key", help="the only accepted key; default: any")
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when stdin ends")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if arguments.exit_with_parent:
        threading.Thread(target=_watch_stdin, args=(loop, stop), daemon=True).start()

    with Listener(arguments.host, arguments.port) as listener:
        options = Options(
            folder=arguments.folder,
            delay_s=arguments.song_seconds_delay,
            song_s=arguments.song_seconds,
            song=arguments.song,
            credits=arguments.credits,
            key=arguments.key,
        )
        app = create_app(SongService(options), listener)

        @app.before_serving
        async def announce() -> None:
            urls = {"url": listener.origin, "api_url": f"{listener.origin}/v1"}
            print(json.dumps(urls | {"pid": os.getpid()}), flush=True)

        async def wait_for_stop() -> None:
            await stop.wait()
            listener.cut_all()

        await serve(app, ListenerConfig(listener), shutdown_trigger=wait_for_stop)


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(STDIN, 1024):
        pass
    loop.call_soon_threadsafe(stop.set)


if __name__ == "__main__":
    asyncio.run(_run(_parse_arguments()))
