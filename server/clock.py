"""The current time: the database's, so that all hosts agree.

Leases, due times and limits are written by one host and compared by another. A host whose own clock
is wrong, or is set while it runs, does no harm.
"""

import time
from datetime import UTC, datetime, timedelta


class _Clock:
    """A reference time, plus the time passed since on a clock that is never set."""

    def __init__(self) -> None:
        self._moment: datetime | None = None
        self._set_at_s = 0.0

    def now(self) -> datetime:
        if self._moment is None:
            return read_host_time()
        return self._moment + timedelta(seconds=read_steady_s() - self._set_at_s)

    def set(self, moment: datetime | None, at_s: float) -> None:
        self._moment, self._set_at_s = moment, at_s


_clock = _Clock()


def now() -> datetime:
    """The current time, aware, in UTC: the host's own until `set_time` is called."""
    return _clock.now()


def set_time(moment: datetime | None, at_s: float = 0.0) -> None:
    """Follow a clock that showed `moment` at `at_s` of `read_steady_s`; None: the host's own."""
    _clock.set(moment, at_s)


def read_steady_s() -> float:
    """Monotonic seconds, including time in suspend where the system offers that."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def read_host_time() -> datetime:
    """The time of this host's own clock, right or wrong."""
    return datetime.now(UTC)


def to_wire(moment: datetime) -> str:
    """Format `moment` as in the API: `2026-02-14T10:30:00Z`, whole seconds, one `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
