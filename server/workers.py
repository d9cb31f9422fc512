"""`petsong worker` and `petsong scheduler`: processes beside the web (PostgreSQL and Redis)."""

import structlog

from realtime.publisher import redis_publisher
from server.errors import StartError
from server.pipeline.broker import Queue, create_brokers
from server.pipeline.schedule import run_schedule
from server.pipeline.task_queue import BrokerTaskQueue
from server.pipeline.worker import work
from server.services import open_services
from server.settings import Settings
from server.site import stop_on_signals

logger = structlog.get_logger(__name__)


async def run_worker(settings: Settings, queue: Queue) -> None:
    """Run the tasks of `queue` until SIGINT or SIGTERM; raise StartError without Redis."""
    redis_url = _require_redis(settings)
    stop = stop_on_signals()
    brokers = create_brokers(settings)
    publisher = redis_publisher(redis_url)
    task_queue = BrokerTaskQueue(brokers[queue])
    async with open_services(settings, publisher=publisher, task_queue=task_queue) as services:
        await work(services, brokers[queue], queue, stop)


async def run_scheduler(settings: Settings) -> None:
    """Enqueue scheduled tasks until SIGINT or SIGTERM; raise StartError without Redis."""
    _require_redis(settings)
    stop = stop_on_signals()
    broker = create_brokers(settings)[Queue.DEFAULT]
    logger.info("scheduler_started")
    await run_schedule(broker, settings, stop)
    await broker.shutdown()


def _require_redis(settings: Settings) -> str:
    if settings.redis_url is None:
        raise StartError(
            "workers and the scheduler run inside `petsong serve`; to run them as separate "
            "processes, set DATABASE_URL and REDIS_URL"
        )
    return settings.redis_url
