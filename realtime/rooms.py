"""Socket.IO rooms indexed by member, so that the cost per socket does not grow with their number.

python-socketio searches all rooms of the site whenever a socket leaves or its rooms are listed
(5.18, base_manager.py); with 5,000 sockets that takes a millisecond each time.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

import socketio
import structlog
from socketio.base_manager import BaseManager

PUBLISH_TIMEOUT_S: Final = 1.0

logger = structlog.get_logger(__name__)


class MemberRooms(BaseManager):  # type: ignore[misc] # untyped library
    """Keeps each socket's rooms in addition to the library's table of each room's sockets.

    A mixin that overrides the `basic_` methods of the library's managers.
    """

    note_push: Callable[[float], None] | None = None
    """Called with the seconds that an event took from its publisher to the sockets here."""
    note_event: Callable[[str, Any], None] = staticmethod(lambda _event, _data: None)
    """Called with each published event and its data, before it is sent to sockets."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._rooms_of: dict[str, set[str | None]] = {}

    def basic_enter_room(
        self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None
    ) -> None:
        """Add a socket to a room; the room None contains all sockets."""
        super().basic_enter_room(sid, namespace, room, eio_sid=eio_sid)
        self._rooms_of.setdefault(sid, set()).add(room)

    def basic_leave_room(self, sid: str, namespace: str, room: str | None) -> None:
        super().basic_leave_room(sid, namespace, room)
        self._rooms_of.get(sid, set()).discard(room)

    def basic_disconnect(self, sid: str, namespace: str, **_options: Any) -> None:
        for room in self._rooms_of.pop(sid, set()).copy():
            self.basic_leave_room(sid, namespace, room)
        self.callbacks.pop(sid, None)
        for pending in (self.pending_connect, self.pending_disconnect):
            if sid in pending.get(namespace, ()):
                pending[namespace].remove(sid)

    def has_members(self, namespace: str, room: str | None) -> bool:
        return room in self.rooms.get(namespace, ())

    def get_rooms(self, sid: str, _namespace: str) -> list[str]:
        """The rooms of a socket, including its own."""
        return [room for room in self._rooms_of.get(sid, ()) if room is not None]


class TimedRedis(socketio.AsyncRedisManager):  # type: ignore[misc]
    """Adds the sending time to messages to other processes; waits at most a second for Redis.

    The library would wait for an unresponsive Redis as long as redis-py does: 20 s per message.
    """

    async def _publish(self, data: dict[str, Any]) -> Any:
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                return await super()._publish({**data, "sent_at": time.time()})
        except TimeoutError:
            logger.warning("push_lost", method=data["method"], reason="TimeoutError")


class LocalRooms(MemberRooms, socketio.AsyncManager):  # type: ignore[misc]
    """The sockets of a site that is one process."""

    async def emit(
        self, event: str, data: Any, namespace: str, room: str | None = None, **options: Any
    ) -> None:
        """Send an event to a room, if somebody is in it."""
        start = time.perf_counter()
        if not options.get("ignore_queue"):
            self.note_event(event, data)
        if not self.has_members(namespace, room):
            return
        await super().emit(event, data, namespace, room=room, **options)
        if self.note_push:
            self.note_push(time.perf_counter() - start)


class SharedRooms(MemberRooms, TimedRedis):
    """The sockets of one of several web processes, which share events through Redis."""

    async def _handle_emit(self, message: dict[str, Any]) -> None:
        self.note_event(message["event"], message["data"][0])
        if not self.has_members(message["namespace"], message["room"]):
            return
        await super()._handle_emit(message)
        if self.note_push and "sent_at" in message:
            self.note_push(time.time() - message["sent_at"])
