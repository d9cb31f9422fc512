"""Handles `watch` and `operate`: `watch` joins a room, then answers with the current snapshot.

The order matters: a socket that joins before reading cannot miss a change in between.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import socketio

from realtime.engine import SocketServer
from realtime.events import (
    NOT_FOUND,
    OPERATORS,
    REFUSED,
    Event,
    Snapshot,
    WatchError,
    room,
)
from realtime.rooms import LocalRooms, SharedRooms

LoadSnapshot = Callable[[str], Awaitable[Snapshot | None]]

NAMESPACE: Final = "/"
MAX_MESSAGE_BYTES: Final = 4096
"""A `watch` is some 60 bytes; larger messages don't come from our pages."""


class SnapshotUnavailable(Exception):
    """The snapshot cannot be read at the moment."""


def create_server(
    redis_url: str | None, note_push: Callable[[float], None] | None = None
) -> socketio.AsyncServer:
    """Create the Socket.IO server: WebSocket only, same origin only, with Redis if there is one.

    Long polling would need sticky sessions with more than one web process. `note_push` is called
    with the seconds that each event took from its publisher to the sockets here.
    """
    silent = logging.getLogger("engineio.server.silent")
    silent.disabled = True
    rooms = SharedRooms(redis_url) if redis_url else LocalRooms()
    rooms.note_push = note_push
    return SocketServer(
        async_mode="asgi",
        transports=["websocket"],
        client_manager=rooms,
        max_http_buffer_size=MAX_MESSAGE_BYTES,
        namespaces=[NAMESPACE],
        # Our own loggers, or the libraries write to standard error directly, bypassing the masking
        # of secrets. Engine.IO logs nothing: its errors are about malformed client input.
        logger=logging.getLogger("socketio"),
        engineio_logger=silent,
    )


def serve_watchers(server: socketio.AsyncServer, load_snapshot: LoadSnapshot) -> None:
    """Handle `watch` on `server`; `load_snapshot` returns None for an unknown session_id.

    If it raises SnapshotUnavailable the acknowledgement is empty: the socket stays in the room, and
    the page retries later.
    """

    async def watch(sid: str, *arguments: object) -> Snapshot | WatchError | None:
        request = arguments[0] if arguments else None
        session_id = request.get("session_id") if isinstance(request, dict) else None
        if not isinstance(session_id, str):
            return NOT_FOUND
        await _leave_other_rooms(server, sid)
        await server.enter_room(sid, room(session_id))
        try:
            snapshot = await load_snapshot(session_id)
        except SnapshotUnavailable:
            return None
        if snapshot is None:
            await server.leave_room(sid, room(session_id))
            return NOT_FOUND
        return snapshot

    server.on(Event.WATCH.value, watch)


def is_watched(server: socketio.AsyncServer, session_id: str) -> bool:
    """Return whether any socket of this process watches a submission."""
    return bool(server.manager.has_members(NAMESPACE, room(session_id)))


def on_push(server: socketio.AsyncServer, handle: Callable[[Snapshot], None]) -> None:
    """Call `handle` with each published snapshot, before it is sent to sockets here."""

    def note_event(event: str, data: Any) -> None:
        if event == Event.STATUS:
            handle(data)

    server.manager.note_event = note_event


async def tell_watchers(server: socketio.AsyncServer, snapshot: Snapshot) -> None:
    """Send `snapshot` to sockets of this process only."""
    target = room(snapshot["session_id"])
    await server.manager.emit(
        Event.STATUS.value, snapshot, namespace=NAMESPACE, room=target, ignore_queue=True
    )


def serve_operators(server: socketio.AsyncServer, is_proof: Callable[[str], bool]) -> None:
    """Handle `operate` on `server`: a ticket accepted by `is_proof` lets a socket join."""

    async def operate(sid: str, *arguments: object) -> WatchError | dict[str, str]:
        request = arguments[0] if arguments else None
        ticket = request.get("ticket") if isinstance(request, dict) else None
        if not isinstance(ticket, str) or not is_proof(ticket):
            return REFUSED
        await server.enter_room(sid, OPERATORS)
        return {}

    server.on(Event.OPERATE.value, operate)


async def disconnect_all(server: socketio.AsyncServer) -> None:
    """Disconnect every socket properly, so that browsers reconnect to another process."""
    for sid, _ in list(server.manager.get_participants(NAMESPACE, None)):
        await server.disconnect(sid)


async def _leave_other_rooms(server: socketio.AsyncServer, sid: str) -> None:
    for joined in server.rooms(sid):
        if joined != sid:
            await server.leave_room(sid, joined)
