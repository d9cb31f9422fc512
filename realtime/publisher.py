"""Publishing a snapshot to everyone who watches a submission.

Publishing is a hint and never fails its caller: the page asks again on its own.
"""

import asyncio
from typing import Protocol

import socketio

from realtime.events import OPERATORS, Event, Snapshot, room
from realtime.rooms import TimedRedis


class Publisher(Protocol):
    """Whatever can bring a snapshot to the browsers that watch a submission."""

    async def publish(self, snapshot: Snapshot) -> None:
        """Send `snapshot` to the room of its submission."""
        ...


class SocketPublisher:
    """Publishes through Socket.IO: this process's own server, or Redis to reach all of them."""

    def __init__(self, channel: socketio.AsyncServer | socketio.AsyncManager) -> None:
        self._channel = channel

    async def publish(self, snapshot: Snapshot) -> None:
        """Send `snapshot` to the room of its submission."""
        target = room(snapshot["session_id"])
        emit = self._channel.emit
        # Side by side, so that a silent Redis costs a second and not one for each.
        await asyncio.gather(
            emit(Event.STATUS.value, snapshot, room=target, namespace="/"),
            emit(Event.CHANGED.value, {}, room=OPERATORS, namespace="/"),
        )


class RecordingPublisher:
    """Keeps what was published, in order, for whoever wants to read it back."""

    def __init__(self) -> None:
        self.snapshots: list[Snapshot] = []

    async def publish(self, snapshot: Snapshot) -> None:
        """Append `snapshot` to `snapshots`."""
        self.snapshots.append(snapshot)


def redis_publisher(redis_url: str) -> SocketPublisher:
    """Return a publisher for a process without sockets of its own (a worker)."""
    return SocketPublisher(TimedRedis(redis_url, write_only=True))
