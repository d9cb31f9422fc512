"""`/api/health`: whether the site can accept and finish submissions; `/live`: whether it runs.

Load balancers restart the process on `/live`, which depends on nothing else, and route by
`/api/health`, which responds within a second even during an outage.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import asdict
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel
from quart import Blueprint, Response

from server.clock import now, to_wire
from server.database.connection import TROUBLE
from server.process.open_files import measure_use
from server.reports.workers import count_encoders, count_queues, read_living_workers
from server.storage import Storage, StorageUnavailable
from server.submissions.account import read_account
from server.submissions.model import SongAccount, WorkerHeartbeat
from server.web.context import current_services
from server.web.limiting import unlimited
from server.web.replies import reply
from server.web.routes.documentation import documented

ANSWER_WITHIN_S: Final = 0.8

Answer = TypeVar("Answer")

health = Blueprint("health", __name__, url_prefix="/api/health")


class EncoderUse(BaseModel):
    """How many render workers use an encoder; `fallback` is why no hardware encoder is used."""

    encoder: str
    fallback: str | None
    workers: int


class Health(BaseModel):
    """The health of the site and its dependencies; `redis` is `embedded` if none is used.

    `open_files_percent`: usage of the open files available to visitors. Each socket is a file; near
    100 sockets are refused, at 100 every new connection is. `disk_used_percent` is null for a
    bucket and if the disk does not respond. Credits and their age are null until they were read.
    """

    status: Literal["healthy", "unhealthy"]
    timestamp: str
    redis: Literal["connected", "disconnected", "embedded"]
    database: Literal["connected", "disconnected"]
    celery_workers: int
    workers: dict[str, int]
    disk_used_percent: int | None
    credits: int | None
    credits_age_seconds: int | None
    open_files_percent: int
    encoders: list[EncoderUse]


class Liveness(BaseModel):
    """The process responds."""

    status: Literal["alive"] = "alive"


@health.get("")
@documented({200: Health, 503: Health})
@unlimited("Load balancers poll it and route by it.")
async def get_health() -> Response:
    """Return whether submissions can be accepted and finished.

    Sold out does not count as unhealthy.
    """
    services = current_services()
    facts, is_counting, disk_used_percent = await asyncio.gather(
        _answer_in_time(_ask_database()),
        _answer_in_time(services.limits.is_counting()),
        _answer_in_time(_look_at_disk(services.storage)),
    )
    workers, account = facts or ([], None)
    by_queue = count_queues(workers)
    is_full = (disk_used_percent or 0) >= services.settings.storage_stop_percent
    is_healthy = bool(is_counting and not is_full and all(by_queue.values()))
    checked_at = account.credits_checked_at if account else None
    is_embedded = services.settings.is_embedded
    body = Health(
        status="healthy" if is_healthy else "unhealthy",
        timestamp=to_wire(now()),
        redis="embedded" if is_embedded else "connected" if is_counting else "disconnected",
        database="disconnected" if facts is None else "connected",
        celery_workers=len(workers),
        workers=by_queue,
        disk_used_percent=disk_used_percent,
        credits=account.credits if account else None,
        credits_age_seconds=int((now() - checked_at).total_seconds()) if checked_at else None,
        open_files_percent=measure_use(),
        encoders=[EncoderUse(**asdict(use)) for use in count_encoders(workers)],
    )
    return reply(body, 200 if is_healthy else 503)


@health.get("/live")
@documented({200: Liveness})
@unlimited("Load balancers poll it, and it depends on nothing.")
async def get_liveness() -> Response:
    """Return that the process responds."""
    return reply(Liveness())


async def _ask_database() -> tuple[list[WorkerHeartbeat], SongAccount] | None:
    try:
        return await read_living_workers(), await read_account()
    except TROUBLE:
        return None


async def _look_at_disk(storage: Storage) -> int | None:
    try:
        return await storage.measure_use()
    except StorageUnavailable:
        return None


async def _answer_in_time(question: Coroutine[Any, Any, Answer]) -> Answer | None:
    # Not asyncio.timeout, which waits until the cancelled task has ended: a driver may take its
    # time to clean up a connection to a host that has vanished.
    task = asyncio.create_task(question)
    answered, _ = await asyncio.wait({task}, timeout=ANSWER_WITHIN_S)
    if answered:
        return task.result()
    task.cancel()
    return None
