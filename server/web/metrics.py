"""`/metrics` in Prometheus's text format: what the database knows, counted at each request.

Every web process answers the same, since none of them keeps a number of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from quart import Blueprint, Response
from quart_schema import hide
from tortoise.functions import Count

from server.limits import Rule
from server.submissions.forecast import Accuracy, read_accuracy
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission
from server.submissions.workers import EncoderCount, count_encoders, read_living_workers
from server.web.limiting import limited
from server.web.operator import require_operator

ENCODER_LABELS = ("encoder", "fallback")

metrics = Blueprint("metrics", __name__)


@dataclass(frozen=True, eq=False)
class Census(Collector):
    """What was counted in the database at one moment."""

    encoders: list[EncoderCount]
    videos: list[tuple[str | None, str | None, int]]
    stages: dict[str, int]
    accuracy: Accuracy | None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield each number as a gauge; a missing encoder or reason is an empty label."""
        workers = GaugeMetricFamily(
            "petsong_render_workers", "Living workers that render.", labels=ENCODER_LABELS
        )
        for found in self.encoders:
            workers.add_metric((found.encoder, found.fallback or ""), found.workers)
        videos = GaugeMetricFamily(
            "petsong_videos", "Finished videos by what encoded them.", labels=ENCODER_LABELS
        )
        for encoder, fallback, count in self.videos:
            videos.add_metric((encoder or "", fallback or ""), count)
        submissions = GaugeMetricFamily(
            "petsong_submissions", "Submissions by stage.", labels=("stage",)
        )
        for stage in Stage:
            submissions.add_metric((stage.value,), self.stages.get(stage.value, 0))
        yield from (workers, videos, submissions)
        if self.accuracy is None:
            return
        yield GaugeMetricFamily(
            "petsong_eta_within_range_ratio",
            "Share of the last songs that were ready within the range forecast at the order.",
            value=self.accuracy.within_range,
        )
        yield GaugeMetricFamily(
            "petsong_eta_error_median_seconds",
            "Median distance of the last songs to the middle of that range.",
            value=self.accuracy.median_error_s,
        )


@metrics.get("/metrics")
@hide
@limited(Rule.ADMIN)
async def get_metrics() -> Response:
    """Return the counts of this moment."""
    require_operator()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(await _take_census())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


async def _take_census() -> Census:
    finished = Submission.filter(stage=Stage.READY)
    by_encoder = (
        await finished.annotate(rows=Count("session_id"))
        .group_by("video_encoder", "video_encoder_fallback")
        .values_list("video_encoder", "video_encoder_fallback", "rows")
    )
    by_stage = (
        await Submission.annotate(rows=Count("session_id"))
        .group_by("stage")
        .values_list("stage", "rows")
    )
    return Census(
        count_encoders(await read_living_workers()),
        [tuple(row) for row in by_encoder],
        dict(by_stage),
        await read_accuracy(),
    )
