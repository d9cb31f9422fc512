"""The submissions watched through this process, and what their pages were last told.

Pushes may be lost, and places in the queue change without one. So every process re-reads its
watched rows regularly, and the pages need not poll.
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from realtime.events import Snapshot
from server.settings import Settings
from server.submissions.snapshot import Row, describe, describe_all, load_row, read_rows

LOOK_EVERY_S: Final = 20.0
STEP_S: Final = 0.25
MIN_BATCH: Final = 100

Shown = tuple[int, int | None, int, tuple[int, int] | None]
"""Pages are only told about a change of these values; progress counts in whole percents."""


@dataclass(slots=True)
class _Watched:
    """A watched submission: its row unless a push outdated it, and what its pages were last told.

    `version` is the highest known, from a row or from a push.
    """

    looked_at: float
    version: int = 0
    row: Row | None = None
    told: Shown | None = None


class Watching:
    """The submissions watched through this process, the longest unchecked first.

    A row is cached until a push brings a newer version or until it is read again.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._watched: dict[str, _Watched] = {}

    async def answer(self, session_id: str) -> Snapshot | None:
        """Return the snapshot for a page that has just started watching; None for an unknown id.

        A cached row is not read again. Raises what the database raises; the submission stays
        watched.
        """
        watched = self._find(session_id)
        row = watched.row
        if row is None:
            row = await load_row(session_id)
            if row is None:
                return None
            _store(watched, row)
        snapshot = await describe(row, self._settings)
        # Other pages that watch it may not know what the new one is told.
        watched.told = watched.told or _shown(snapshot)
        return snapshot

    def note_push(self, snapshot: Snapshot) -> None:
        """Record a snapshot that was pushed, here or by another process.

        This also applies if nobody is watching right now: a page may come back.
        """
        watched = self._watched.get(snapshot["session_id"])
        if watched is not None and snapshot["version"] >= watched.version:
            watched.version, watched.row = snapshot["version"], None
            watched.told = _shown(snapshot)

    def take_due(self, is_watched: Callable[[str], bool]) -> list[str]:
        """Return the submissions to check in this step; forget those that nobody watches any more.

        Steps are `STEP_S` apart, and batches are large enough to check each row in time.
        """
        moment = asyncio.get_running_loop().time()
        size = max(MIN_BATCH, math.ceil(len(self._watched) * STEP_S / LOOK_EVERY_S))
        due: list[str] = []
        while self._watched and len(due) < size:
            session_id = next(iter(self._watched))
            watched = self._watched[session_id]
            if watched.looked_at > moment - LOOK_EVERY_S:
                break
            del self._watched[session_id]
            if is_watched(session_id):
                watched.looked_at = moment
                self._watched[session_id] = watched
                due.append(session_id)
        return due

    async def find_news(self, session_ids: Sequence[str]) -> list[Snapshot]:
        """Read rows again with one query; return the snapshots that are news to their pages."""
        rows = list((await read_rows(session_ids)).values())
        snapshots = await describe_all(rows, self._settings)
        news: list[Snapshot] = []
        for row, snapshot in zip(rows, snapshots, strict=True):
            watched, shown = self._find(row.session_id), _shown(snapshot)
            if _store(watched, row) and shown != watched.told:
                watched.told = shown
                news.append(snapshot)
        return news

    def _find(self, session_id: str) -> _Watched:
        watched = self._watched.get(session_id)
        if watched is None:
            watched = _Watched(looked_at=asyncio.get_running_loop().time())
            self._watched[session_id] = watched
        return watched


def _store(watched: _Watched, row: Row) -> bool:
    """Cache a row; False if a push during the read brought a newer version."""
    if row.version < watched.version:
        return False
    watched.version, watched.row = row.version, row
    return True


def _shown(snapshot: Snapshot) -> Shown:
    percent = round(100 * snapshot["progress"])
    return snapshot["version"], snapshot["queue_position"], percent, snapshot["eta_seconds"]
