"""What time it is for rows, leases and due times: the database's time, so that all hosts agree.

Leases, due times and limits are written by one host and compared by another. A host whose own clock
is wrong, or is set while it runs, does neither any harm.
"""

import time
from datetime import UTC, datetime, timedelta


class _Clock:
    """A moment that was told, and what has passed since by a clock that nobody sets."""

    def __init__(self) -> None:
        self._told: datetime | None = None
        self._told_at_s = 0.0

    def now(self) -> datetime:
        if self._told is None:
            return read_host_time()
        return self._told + timedelta(seconds=read_steady_s() - self._told_at_s)

    def tell(self, moment: datetime | None, at_s: float) -> None:
        self._told, self._told_at_s = moment, at_s


_clock = _Clock()


def now() -> datetime:
    """Return the current time, aware, in UTC: the host's own until `set_time` was called."""
    return _clock.now()


def set_time(moment: datetime | None, at_s: float = 0.0) -> None:
    """Go by the clock that showed `moment` at `at_s` of `read_steady_s`; None is the host's own."""
    _clock.tell(moment, at_s)


def read_steady_s() -> float:
    """Return seconds that only ever grow, those of a suspended host included where it tells."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def read_host_time() -> datetime:
    """Return what this host's own clock shows, right or wrong."""
    return datetime.now(UTC)


def to_wire(moment: datetime) -> str:
    """Return `moment` as the wire writes it: `2026-02-14T10:30:00Z`, whole seconds, one `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
