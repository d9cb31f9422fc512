"""The whole protocol: one event each way, one room per submission, one payload.

Operators have a room of their own, in which they hear that something has changed.

    browser ── watch {session_id} ──►  server     acknowledged with a Snapshot or an error, or with
                                                  nothing while the database is away
    browser ◄── status Snapshot ─────  server     after every change, to the submission's room

    operator's page ── operate {ticket} ──► server   acknowledged with {} or an error
    operator's page ◄── changed ──────────  server   some submission has changed; nothing about it

A snapshot is complete, so losing one loses nothing: the page keeps the one with the highest
`version`, and asks again whenever it connects. What no event brings (a place in the queue, the
progress that time makes, an event that was lost) the server tells within 20 s by itself.
"""

from enum import StrEnum
from typing import Final, TypedDict


class Event(StrEnum):
    """Names of the Socket.IO events."""

    WATCH = "watch"
    STATUS = "status"
    OPERATE = "operate"
    CHANGED = "changed"


class Snapshot(TypedDict):
    """Everything a waiting page shows.

    `status`: pending, processing, success or fail. `stage`: queued, composing, downloading,
    rendering, ready or failed. `progress`: 0 to 1 over the whole journey, never falling.
    `queue_position`: 1 is next, null when not queued. `eta_seconds`: [low, high] or null.
    `created_at`: UTC, `2026-02-14T10:30:00Z`.
    """

    session_id: str
    version: int
    status: str
    stage: str
    progress: float
    queue_position: int | None
    eta_seconds: tuple[int, int] | None
    preview_url: str | None
    failure_reason: str | None
    created_at: str


class WatchError(TypedDict):
    """The acknowledgement of a `watch` that names no submission."""

    error: str


NOT_FOUND: Final[WatchError] = {"error": "not_found"}


OPERATORS: Final = "operators"
"""The room of those who have proven that they are operators."""
REFUSED: Final[WatchError] = {"error": "refused"}


def room(session_id: str) -> str:
    """Return the name of the room in which a submission's snapshots are published."""
    return f"submission:{session_id}"
