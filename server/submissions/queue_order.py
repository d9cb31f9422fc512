"""The order of those who wait, read once a second in each process for all who ask."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from server.submissions.lifecycle import Stage
from server.submissions.model import Submission
from server.submissions.ttl_cache import TtlCache

SHOWN_AS_QUEUED: Final = (Stage.QUEUED, Stage.SENDING)
LIFETIME_S: Final = 1.0

Arrival = tuple[datetime, str]
"""When a submission came, and its session_id, which decides between those of one moment."""


class QueueOrder:
    """Who waits, longest first, with those that are being ordered.

    A row that is being ordered keeps its place: it may come back, and must push nobody back then.
    """

    def __init__(self, arrivals: Sequence[Arrival]) -> None:
        self._arrivals = arrivals

    def place_of(self, arrival: Arrival) -> int:
        """Return the place of who came at `arrival`, 1 for the next, also if it is not read yet."""
        number = bisect_right(self._arrivals, arrival)
        is_known = number > 0 and self._arrivals[number - 1] == arrival
        return number if is_known else number + 1


async def read_queue_order() -> QueueOrder:
    """Return the order as it was at most a second ago."""
    return await _cache.get()


async def _read_queue_order() -> QueueOrder:
    waiting = Submission.filter(stage__in=SHOWN_AS_QUEUED).order_by("created_at", "session_id")
    statement = waiting.values_list("created_at", "session_id").sql()
    # Past the ORM, whose columns of 5,000 rows keep the event loop from everybody for 30 ms.
    _, rows = await Submission._meta.db.execute_query(statement)
    return QueueOrder([(_to_moment(born), session_id) for born, session_id in rows])


def _to_moment(born: datetime | str) -> datetime:
    # SQLite keeps it as text.
    return datetime.fromisoformat(born) if isinstance(born, str) else born


_cache: Final = TtlCache(_read_queue_order, LIFETIME_S)
