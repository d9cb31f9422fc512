"""`/api/health`: whether the site can take and finish submissions; `/live`: whether it runs at all.

A load balancer restarts on `/live`, which asks nobody, and routes by `/api/health`, which answers
within a second whatever has died.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import asdict
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel
from quart import Blueprint, Response

from server.clock import now, to_wire
from server.database import TROUBLE
from server.files import measure_use
from server.submissions.model import WorkerHeartbeat
from server.submissions.workers import count_encoders, read_living_workers
from server.web.context import current_services
from server.web.documentation import documented
from server.web.limiting import unlimited
from server.web.replies import reply

ANSWER_WITHIN_S: Final = 0.8

Answer = TypeVar("Answer")

health = Blueprint("health", __name__, url_prefix="/api/health")


class EncoderUse(BaseModel):
    """How many rendering workers use an encoder; `fallback` is why it is not the hardware one."""

    encoder: str
    fallback: str | None
    workers: int


class Health(BaseModel):
    """What the site depends on; `redis` is `embedded` where the site runs without.

    `open_files_percent`: how much this process has open of what visitors may fill; a socket is a
    file, and near 100 sockets are refused first, at 100 every new connection.
    """

    status: Literal["healthy", "unhealthy"]
    timestamp: str
    redis: Literal["connected", "disconnected", "embedded"]
    database: Literal["connected", "disconnected"]
    celery_workers: int
    open_files_percent: int
    encoders: list[EncoderUse]


class Liveness(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


@health.get("")
@documented({200: Health, 503: Health})
@unlimited("Load balancers ask, and route by what they hear.")
async def get_health() -> Response:
    """Say whether submissions can be taken and finished."""
    workers, is_counting = await asyncio.gather(
        _answer_in_time(_find_workers()),
        _answer_in_time(current_services().limits.is_counting()),
    )
    is_embedded = current_services().settings.is_embedded
    is_healthy = bool(workers and is_counting)
    body = Health(
        status="healthy" if is_healthy else "unhealthy",
        timestamp=to_wire(now()),
        redis="embedded" if is_embedded else "connected" if is_counting else "disconnected",
        database="disconnected" if workers is None else "connected",
        celery_workers=len(workers or ()),
        open_files_percent=measure_use(),
        encoders=[EncoderUse(**asdict(use)) for use in count_encoders(workers or [])],
    )
    return reply(body, 200 if is_healthy else 503)


@health.get("/live")
@documented({200: Liveness})
@unlimited("Load balancers ask, and it asks nobody.")
async def get_liveness() -> Response:
    """Say that the process answers."""
    return reply(Liveness())


async def _find_workers() -> list[WorkerHeartbeat] | None:
    try:
        return await read_living_workers()
    except TROUBLE:
        return None


async def _answer_in_time(question: Coroutine[Any, Any, Answer]) -> Answer | None:
    # Not asyncio.timeout, which waits for the cancelled question to end: a driver that is cleaning
    # up a connection to a host that has vanished takes its time.
    task = asyncio.create_task(question)
    answered, _ = await asyncio.wait({task}, timeout=ANSWER_WITHIN_S)
    if answered:
        return task.result()
    task.cancel()
    return None
