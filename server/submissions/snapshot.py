"""Snapshots: what a waiting page shows of a submission now."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from realtime.events import Snapshot
from server.clock import now, to_wire
from server.services import Services
from server.settings import Settings
from server.storage.urls import poster_url, preview_url
from server.submissions.forecast import Forecast, read_forecast
from server.submissions.lifecycle import Stage
from server.submissions.loader import Loader
from server.submissions.model import Submission
from server.submissions.queue_order import SHOWN_AS_QUEUED, QueueOrder, read_queue_order

# Each stage owns a part of the progress bar and approaches the end of it over time without reaching
# it, so the bar never moves backwards.
PROGRESS_OF: Final = {
    Stage.QUEUED: (0.02, 0.08, 120.0),
    Stage.SENDING: (0.08, 0.10, 10.0),
    Stage.COMPOSING: (0.10, 0.78, 60.0),
    Stage.DOWNLOADING: (0.78, 0.85, 5.0),
    Stage.RENDERING: (0.85, 0.99, 5.0),
    Stage.READY: (1.0, 1.0, 1.0),
    Stage.FAILED: (1.0, 1.0, 1.0),
}
"""Stage -> start of its part, end of its part, and the seconds after which 63 % of it is filled."""

ENDED: Final = (Stage.READY, Stage.FAILED)
PAUSE_S: Final = 0.1
"""Shortest time between two batched queries."""


class Row(NamedTuple):
    """The columns that a snapshot is made of."""

    session_id: str
    version: int
    entry_status: str
    stage: str
    stage_since: datetime
    song_came_at: datetime | None
    preview_path: str | None
    failure_reason: str | None
    created_at: datetime


COLUMNS: Final = [{"song_came_at": "received_from_LLM"}.get(name, name) for name in Row._fields]


async def read_rows(session_ids: Sequence[str]) -> dict[str, Row]:
    """Read rows with one query, by session_id; unknown ids are left out."""
    found = Submission.filter(session_id__in=session_ids).values_list(*COLUMNS)
    return {columns[0]: Row(*columns) for columns in await found}


async def read_snapshot(services: Services, session_id: str) -> Snapshot | None:
    row = (await read_rows([session_id])).get(session_id)
    return None if row is None else await describe(row, services.settings)


async def load_row(session_id: str) -> Row | None:
    """Read a row after this call, batched with other callers."""
    return await _loader.load(session_id)


async def load_snapshot(services: Services, session_id: str) -> Snapshot | None:
    """Like `read_snapshot`, but batched: it may wait 0.1 s for the next query."""
    row = await load_row(session_id)
    return None if row is None else await describe(row, services.settings)


async def describe(row: Row, settings: Settings) -> Snapshot:
    """Return the snapshot of `row` now; its place in the queue is at most a second old."""
    [snapshot] = await describe_all([row], settings)
    return snapshot


async def describe_all(rows: Sequence[Row], settings: Settings) -> list[Snapshot]:
    is_any_queued = any(row.stage in SHOWN_AS_QUEUED for row in rows)
    is_any_open = any(row.stage not in ENDED for row in rows)
    order = await read_queue_order() if is_any_queued else None
    forecast = await read_forecast() if is_any_open else None
    return [_describe(row, settings, order, forecast) for row in rows]


def _describe(
    row: Row, settings: Settings, order: QueueOrder | None, forecast: Forecast | None
) -> Snapshot:
    stage = Stage(row.stage)
    is_queued = stage in SHOWN_AS_QUEUED
    place = order.place_of((row.created_at, row.session_id)) if order and is_queued else None
    eta = None
    if forecast and stage not in ENDED:
        # Finishing starts when the song has arrived, and spans two stages.
        since = row.song_came_at or row.stage_since
        eta = forecast.remaining(stage, _elapsed_s(since), place, settings.max_concurrent_requests)
    has_preview = row.preview_path is not None
    return Snapshot(
        session_id=row.session_id,
        version=row.version,
        status=row.entry_status,
        stage=(Stage.QUEUED if is_queued else stage).value,
        progress=_progress(stage, row.stage_since),
        queue_position=place,
        eta_seconds=eta,
        preview_url=preview_url(row.session_id, settings.main_format) if has_preview else None,
        poster_url=poster_url(row.session_id) if has_preview else None,
        failure_reason=row.failure_reason,
        created_at=to_wire(row.created_at),
    )


def _progress(stage: Stage, since: datetime) -> float:
    start, end, pace_s = PROGRESS_OF[stage]
    return round(start + (end - start) * (1 - math.exp(-_elapsed_s(since) / pace_s)), 3)


def _elapsed_s(since: datetime) -> float:
    return max(0.0, (now() - since).total_seconds())


_loader: Final = Loader(read_rows, PAUSE_S)
