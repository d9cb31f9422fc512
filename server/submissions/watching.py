"""What the pages that watch through this process have been told, and what is news to them.

A push is a hint that may be lost, and a place in the queue changes without one: whoever holds the
sockets looks at all of these rows from time to time, so that the pages need not ask.
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
"""What differs where a page would show something else; the bar moves by percents."""


@dataclass(slots=True)
class _Watched:
    """One submission: its row unless a push has outdated it, and what its room was told last.

    `version` is the highest known, by a row or by a push.
    """

    looked_at: float
    version: int = 0
    row: Row | None = None
    told: Shown | None = None


class Watching:
    """The submissions that somebody watches through this process, the longest unlooked at first.

    A row is kept until a push tells of a newer version, or until it is looked at again.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._watched: dict[str, _Watched] = {}

    async def answer(self, session_id: str) -> Snapshot | None:
        """Return the snapshot for one who has just joined the room, None for an unknown id.

        An unchanged row is not read again. Raises what the database raises; the room is looked at
        all the same.
        """
        watched = self._find(session_id)
        row = watched.row
        if row is None:
            row = await load_row(session_id)
            if row is None:
                return None
            _keep(watched, row)
        snapshot = await describe(row, self._settings)
        # Others in the room may not know what the newcomer is told.
        watched.told = watched.told or _shown(snapshot)
        return snapshot

    def note_push(self, snapshot: Snapshot) -> None:
        """Take note of what a room is being told, here or in another process.

        Also when nobody is in it: who left a moment ago may come back.
        """
        watched = self._watched.get(snapshot["session_id"])
        if watched is not None and snapshot["version"] >= watched.version:
            watched.version, watched.row = snapshot["version"], None
            watched.told = _shown(snapshot)

    def take_due(self, is_watched: Callable[[str], bool]) -> list[str]:
        """Return who is to be looked at in this step, and forget whom nobody watches any more.

        Steps are `STEP_S` apart, and the batches so large that each row's turn comes in time.
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
        """Read rows again, by one query; return what their rooms have to be told."""
        rows = list((await read_rows(session_ids)).values())
        snapshots = await describe_all(rows, self._settings)
        news: list[Snapshot] = []
        for row, snapshot in zip(rows, snapshots, strict=True):
            watched, shown = self._find(row.session_id), _shown(snapshot)
            if _keep(watched, row) and shown != watched.told:
                watched.told = shown
                news.append(snapshot)
        return news

    def _find(self, session_id: str) -> _Watched:
        watched = self._watched.get(session_id)
        if watched is None:
            watched = _Watched(looked_at=asyncio.get_running_loop().time())
            self._watched[session_id] = watched
        return watched


def _keep(watched: _Watched, row: Row) -> bool:
    """Keep a row; False when a push that came while it was read knows better."""
    if row.version < watched.version:
        return False
    watched.version, watched.row = row.version, row
    return True


def _shown(snapshot: Snapshot) -> Shown:
    percent = round(100 * snapshot["progress"])
    return snapshot["version"], snapshot["queue_position"], percent, snapshot["eta_seconds"]
