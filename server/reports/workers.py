"""Which workers are alive, and with which encoders they make videos."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from server.clock import now
from server.submissions.model import WorkerHeartbeat

QUEUES: Final = ("default", "render")
HEARTBEAT_LIFETIME: Final = timedelta(seconds=20)


@dataclass(frozen=True)
class EncoderCount:
    """How many rendering workers use `encoder`; `fallback` says why it is not the hardware one."""

    encoder: str
    fallback: str | None
    workers: int


async def read_living_workers() -> list[WorkerHeartbeat]:
    """Return the heartbeats that are not too old."""
    return await WorkerHeartbeat.filter(beat_at__gt=now() - HEARTBEAT_LIFETIME).order_by("name")


def count_queues(workers: list[WorkerHeartbeat]) -> dict[str, int]:
    """Count `workers` by the queue they work on; one without any is there with 0."""
    return dict.fromkeys(QUEUES, 0) | Counter(worker.queue for worker in workers)


def count_encoders(workers: list[WorkerHeartbeat]) -> list[EncoderCount]:
    """Count those of `workers` that render, by their encoder and the reason for it."""
    rendering = Counter(
        (worker.encoder, worker.encoder_fallback) for worker in workers if worker.encoder
    )
    return [EncoderCount(*found, workers=count) for found, count in rendering.items()]
