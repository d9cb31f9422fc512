"""The whole protocol: one event each way, one Socket.IO room per submission, one payload.

Operators have their own room, which is notified when any submission changes.

    browser ── watch {session_id} ──►  server     acknowledged with a Snapshot or an error, or
                                                  empty if the database is unreachable
    browser ◄── status Snapshot ─────  server     after every change, to the submission's room

    admin page ────── operate {ticket} ──► server   acknowledged with {} or an error
    admin page ◄───── changed ────────────  server   some submission has changed; no details

A snapshot is complete, so a lost one does no harm: the page keeps the one with the highest
`version`, and watches again whenever it connects. Changes without an event (a place in the queue,
progress over time, a lost event) are sent by the server within 20 s.
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
    poster_url: str | None
    failure_reason: str | None
    created_at: str


class WatchError(TypedDict):
    """The acknowledgement of a `watch` for an unknown submission."""

    error: str


NOT_FOUND: Final[WatchError] = {"error": "not_found"}


OPERATORS: Final = "operators"
"""The Socket.IO room of authenticated operators."""
REFUSED: Final[WatchError] = {"error": "refused"}


def room(session_id: str) -> str:
    """The Socket.IO room of a submission's snapshots."""
    return f"submission:{session_id}"
