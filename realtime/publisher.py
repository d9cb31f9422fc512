"""Publishes snapshots to everyone who watches a submission.

Publishing is a hint and never raises: a lost snapshot is sent again later.
"""

import asyncio
from typing import Protocol

import socketio

from realtime.events import OPERATORS, Event, Snapshot, room
from realtime.rooms import TimedRedis


class Publisher(Protocol):
    """Sends snapshots to the browsers that watch a submission."""

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
        # In parallel, so that an unresponsive Redis costs one second in total.
        await asyncio.gather(
            emit(Event.STATUS.value, snapshot, room=target, namespace="/"),
            emit(Event.CHANGED.value, {}, room=OPERATORS, namespace="/"),
        )


class RecordingPublisher:
    """Records published snapshots in order, for tests."""

    def __init__(self) -> None:
        self.snapshots: list[Snapshot] = []

    async def publish(self, snapshot: Snapshot) -> None:
        self.snapshots.append(snapshot)


def redis_publisher(redis_url: str) -> SocketPublisher:
    """A publisher for a process without sockets (a worker)."""
    return SocketPublisher(TimedRedis(redis_url, write_only=True))
