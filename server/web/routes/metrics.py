"""`/metrics` in Prometheus's text format, read on every request.

Scrape every web process: database metrics are identical, but sockets, pushes and loop lag are per
process.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from quart import Blueprint, Response
from quart_schema import hide
from tortoise.functions import Count

from server.reports.metrics import Reading, read_process, read_site
from server.reports.workers import count_encoders, read_living_workers
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission
from server.web.auth import for_operator
from server.web.context import current_services

ENCODER_LABELS = ("encoder", "fallback")

metrics = Blueprint("metrics", __name__)


@dataclass(frozen=True, eq=False)
class Census(Collector):
    """A Prometheus collector of readings taken at one moment."""

    readings: list[Reading]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield each reading as a gauge; those without values are left out."""
        for reading in self.readings:
            family = GaugeMetricFamily(reading.name, reading.meaning, labels=reading.labels)
            for labels, value in reading.values.items():
                family.add_metric(labels, value)
            if reading.values:
                yield family


@metrics.get("/metrics")
@hide
@for_operator
async def get_metrics() -> Response:
    services = current_services()
    registry = CollectorRegistry(auto_describe=False)
    readings = [*await _read_encoders(), *await read_site(services), *read_process(services)]
    registry.register(Census(readings))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


async def _read_encoders() -> list[Reading]:
    # A missing encoder or fallback reason becomes an empty label.
    workers = {
        (found.encoder, found.fallback or ""): found.workers
        for found in count_encoders(await read_living_workers())
    }
    rows = (
        await Submission.filter(stage=Stage.READY)
        .annotate(rows=Count("session_id"))
        .group_by("video_encoder", "video_encoder_fallback")
        .values_list("video_encoder", "video_encoder_fallback", "rows")
    )
    videos = {(encoder or "", fallback or ""): count for encoder, fallback, count in rows}
    return [
        Reading("petsong_render_workers", "Living workers that render.", ENCODER_LABELS, workers),
        Reading("petsong_videos", "Finished videos by encoder.", ENCODER_LABELS, videos),
    ]
