"""The process of `petsong serve`.

Embedded, it runs everything: web, realtime, workers, the scheduler and, without an API key, the
simulator. With PostgreSQL and Redis it is only a web process.
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
BACKLOG: Final = 2048  # after a restart all visitors reconnect at once

logger = structlog.get_logger(__name__)


async def serve(settings: Settings, announce: Callable[[], None]) -> None:
    """Serve the site until SIGINT or SIGTERM; unfinished submissions continue at the next start.

    `announce` is called when the site is ready for visitors. Raises StartError if the port is taken
    or something is missing.
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

        async def disconnect_sockets() -> None:
            await stop.wait()
            await disconnect_all(sockets)

        if settings.is_embedded:
            # Not in the task group, which would wrap the error in an ExceptionGroup.
            await services.renders.start()
        async with asyncio.TaskGroup() as parts:
            if settings.is_embedded:
                for queue, broker in brokers.items():
                    parts.create_task(work(services, broker, queue, stop))
                parts.create_task(run_schedule(brokers[Queue.DEFAULT], settings, stop))
            config = web_server(listener)
            web = parts.create_task(serve_asgi(site, config, shutdown_trigger=disconnect_sockets))
            parts.create_task(_end_after_grace(web, stop))
            logger.info("serving", port=settings.port)
            announce()


def stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def bind(settings: Settings) -> Listener:
    """Open the listening socket; raise StartError with advice if the port is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # asyncio sets TCP_NODELAY only if the protocol is named; otherwise the kernel delays a
    # response's body by 40 ms, until the browser has acknowledged the headers.
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
    keep_to_http1()
    config = ListenerConfig(listener)
    config.backlog = BACKLOG
    config.include_server_header = False
    # Otherwise it would buffer 16 MB before the sockets' own limit applies.
    config.websocket_max_message_size = MAX_MESSAGE_BYTES
    config.graceful_timeout = GRACE_S
    # Otherwise it would also write to standard error directly, bypassing the masking of secrets.
    config.errorlog = logging.getLogger("hypercorn.error")
    return config


@asynccontextmanager
async def simulate(settings: Settings) -> AsyncIterator[Settings]:
    """Run the simulator beside the site; yield settings that point to it.

    It keeps its songs, and its port if possible, across restarts.
    """
    # URLs of its songs are stored in the database, so the port should stay the same.
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
    # Since Python 3.12, Hypercorn waits for idle connections without a limit
    # (https://github.com/pgjones/hypercorn/issues/308).
    await stop.wait()
    with suppress(asyncio.CancelledError, TimeoutError):
        await asyncio.wait_for(asyncio.shield(web), 2 * GRACE_S)
    web.cancel()
