"""Rooms found by their member: what a socket costs does not grow with how many others there are.

python-socketio looks through every room of the site whenever a socket leaves, and whenever it is
asked where a socket is (5.18, base_manager.py); with 5,000 sockets that is a millisecond each time.
"""

from typing import Any

import socketio
from socketio.base_manager import BaseManager


class MemberRooms(BaseManager):  # type: ignore[misc] # the library says nothing of its types
    """Keeps each socket's rooms beside the library's table of each room's sockets.

    To be mixed in before one of the library's managers, of whose `basic_` methods these are.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._rooms_of: dict[str, set[str | None]] = {}

    def basic_enter_room(
        self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None
    ) -> None:
        """Put a socket into a room; the room None holds everybody."""
        super().basic_enter_room(sid, namespace, room, eio_sid=eio_sid)
        self._rooms_of.setdefault(sid, set()).add(room)

    def basic_leave_room(self, sid: str, namespace: str, room: str | None) -> None:
        """Take a socket out of a room."""
        super().basic_leave_room(sid, namespace, room)
        self._rooms_of.get(sid, set()).discard(room)

    def basic_disconnect(self, sid: str, namespace: str, **_options: Any) -> None:
        """Forget a socket."""
        for room in self._rooms_of.pop(sid, set()).copy():
            self.basic_leave_room(sid, namespace, room)
        self.callbacks.pop(sid, None)
        for pending in (self.pending_connect, self.pending_disconnect):
            if sid in pending.get(namespace, ()):
                pending[namespace].remove(sid)

    def get_rooms(self, sid: str, _namespace: str) -> list[str]:
        """Return the rooms of a socket, the one of its own included."""
        return [room for room in self._rooms_of.get(sid, ()) if room is not None]


class LocalRooms(MemberRooms, socketio.AsyncManager):  # type: ignore[misc]
    """The sockets of a site that is one process."""


class SharedRooms(MemberRooms, socketio.AsyncRedisManager):  # type: ignore[misc]
    """The sockets of one web process of several, who hear of each other's events through Redis."""
