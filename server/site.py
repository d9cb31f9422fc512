"""The running site: `petsong serve`, one process of it.

Embedded, the process holds everything: web, realtime, workers, the clock and, without an API key,
the song service's stand-in. Beside PostgreSQL and Redis it is a web process and nothing else.
"""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import structlog
from hypercorn.asyncio import serve as serve_asgi

from realtime.gateway import MAX_MESSAGE_BYTES, create_server, disconnect_all
from realtime.publisher import SocketPublisher
from server.database.connection import lock_embedded
from server.database.schema import migrate
from server.errors import StartError
from server.pipeline.broker import Queue, create_brokers
from server.pipeline.schedule import run_schedule
from server.pipeline.task_queue import BrokerTaskQueue
from server.pipeline.worker import work
from server.process.metrics import ProcessMetrics
from server.services import open_services
from server.serving.app import create_app
from server.serving.asgi import create_asgi
from server.serving.http1 import keep_to_http1
from server.serving.listener import Listener, ListenerConfig
from server.settings import Settings
from server.simulator.client import Simulator

SIMULATOR_FOLDER: Final = Path("var/simulator")
GRACE_S: Final = 3.0
BACKLOG: Final = 2048  # after a restart everybody comes back at once

logger = structlog.get_logger(__name__)


async def serve(settings: Settings, announce: Callable[[], None]) -> None:
    """Serve the site until SIGINT or SIGTERM; unfinished submissions go on at the next start.

    `announce` is called once visitors are let in. Raises StartError when the port is taken or a
    part is missing.
    """
    stop = stop_on_signals()
    async with AsyncExitStack() as stack:
        listener = bind(settings)
        stack.callback(listener.close)
        if settings.is_embedded:
            stack.enter_context(lock_embedded(settings))
        if settings.is_simulated:
            settings = await stack.enter_async_context(simulate(settings))
        if settings.is_embedded:
            await migrate(settings)
        brokers = create_brokers(settings)
        process_metrics = ProcessMetrics()
        sockets = create_server(settings.redis_url, process_metrics.note_push)
        task_queue = BrokerTaskQueue(brokers[Queue.DEFAULT])
        services = await stack.enter_async_context(
            open_services(
                settings,
                publisher=SocketPublisher(sockets),
                task_queue=task_queue,
                process_metrics=process_metrics,
            )
        )
        stack.push_async_callback(task_queue.finish)
        site = create_asgi(create_app(services), sockets, services)

        async def goodbye() -> None:
            await stop.wait()
            await disconnect_all(sockets)

        if settings.is_embedded:
            # Here and not among the parts, which would end in a group of errors.
            await services.renders.start()
        async with asyncio.TaskGroup() as parts:
            if settings.is_embedded:
                for queue, broker in brokers.items():
                    parts.create_task(work(services, broker, queue, stop))
                parts.create_task(run_schedule(brokers[Queue.DEFAULT], settings, stop))
            config = web_server(listener)
            web = parts.create_task(serve_asgi(site, config, shutdown_trigger=goodbye))
            parts.create_task(_end_after_grace(web, stop))
            logger.info("serving", port=settings.port)
            announce()


def stop_on_signals() -> asyncio.Event:
    """Return an event that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def bind(settings: Settings) -> Listener:
    """Return the listening socket; raise StartError with what to do when the port is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only where the protocol is named; else the kernel holds an
    # answer's body back for 40 ms, until the browser has acknowledged its head.
    listener = Listener(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise StartError(
            f"port {settings.port} cannot be used ({error.strerror}); choose another one, "
            f"for example PORT={settings.port + 1}"
        ) from error
    return listener


def web_server(listener: Listener) -> ListenerConfig:
    """Return Hypercorn's configuration for a socket that is bound already."""
    keep_to_http1()
    config = ListenerConfig(listener)
    config.backlog = BACKLOG
    config.include_server_header = False
    # Otherwise it would gather 16 MB before the sockets' own limit is asked.
    config.websocket_max_message_size = MAX_MESSAGE_BYTES
    config.graceful_timeout = GRACE_S
    # Otherwise it would write to standard error by itself as well, past what masks secrets.
    config.errorlog = logging.getLogger("hypercorn.error")
    return config


@asynccontextmanager
async def simulate(settings: Settings) -> AsyncIterator[Settings]:
    """Run the song service's stand-in beside the site; yield settings that point at it.

    It keeps its songs, and its port if it can, from one start to the next.
    """
    # The addresses of its songs are kept in the database, so the port should stay the same.
    port = _port_if_free(settings.port + 1)
    delay_s = settings.simulator_delay_seconds
    async with Simulator.start(SIMULATOR_FOLDER, delay_s=delay_s, port=port) as simulator:
        yield settings.model_copy(
            update={
                "external_api_url": simulator.api_url,
                "song_cdn_hosts": (simulator.origin,),
                "webhook_base_url": f"http://127.0.0.1:{settings.port}",
            }
        )


def _port_if_free(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return 0
    return port


async def _end_after_grace(web: asyncio.Task[None], stop: asyncio.Event) -> None:
    # From Python 3.12 on Hypercorn waits for idle connections without a limit
    # (https://github.com/pgjones/hypercorn/issues/308).
    await stop.wait()
    with suppress(asyncio.CancelledError, TimeoutError):
        await asyncio.wait_for(asyncio.shield(web), 2 * GRACE_S)
    web.cancel()
