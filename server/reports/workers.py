"""Live workers and their encoders."""

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
    """How many render workers use `encoder`; `fallback` is why no hardware encoder is used."""

    encoder: str
    fallback: str | None
    workers: int


async def read_living_workers() -> list[WorkerHeartbeat]:
    """The workers with a recent heartbeat."""
    return await WorkerHeartbeat.filter(beat_at__gt=now() - HEARTBEAT_LIFETIME).order_by("name")


def count_queues(workers: list[WorkerHeartbeat]) -> dict[str, int]:
    """Count `workers` by queue; a queue without workers is included with 0."""
    return dict.fromkeys(QUEUES, 0) | Counter(worker.queue for worker in workers)


def count_encoders(workers: list[WorkerHeartbeat]) -> list[EncoderCount]:
    """Count render workers by encoder and fallback reason."""
    rendering = Counter(
        (worker.encoder, worker.encoder_fallback) for worker in workers if worker.encoder
    )
    return [EncoderCount(*found, workers=count) for found, count in rendering.items()]
