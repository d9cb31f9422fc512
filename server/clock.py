"""The one place that asks what time it is; every answer is aware and in UTC."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def to_wire(moment: datetime) -> str:
    """Return `moment` as the wire writes it: `2026-02-14T10:30:00Z`, whole seconds, one `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
