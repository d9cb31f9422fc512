"""Socket.IO rooms and pings of thousands of sockets, without a real one."""

import random

from socketio import AsyncManager

from realtime.engine import PING_EVERY_S
from realtime.gateway import create_server
from realtime.rooms import LocalRooms

NAMESPACE = "/"
SOCKETS = [f"socket-{number}" for number in range(8)]
ROOMS = [f"room-{number}" for number in range(5)]


def table_of(manager: AsyncManager) -> dict[str | None, dict[str, str]]:
    rooms = manager.rooms.get(NAMESPACE, {})
    return {room: dict(members) for room, members in rooms.items()}


def test_rooms_are_what_the_library_makes_of_them() -> None:
    chance = random.Random(14)
    ours, theirs = LocalRooms(), AsyncManager()
    connected: set[str] = set()
    for _ in range(2000):
        sid = chance.choice(SOCKETS)
        room = chance.choice(ROOMS)
        for manager in (ours, theirs):
            if sid not in connected:
                manager.basic_enter_room(sid, NAMESPACE, None, eio_sid=f"engine-{sid}")
                manager.basic_enter_room(sid, NAMESPACE, sid, eio_sid=f"engine-{sid}")
            elif room == ROOMS[0]:
                manager.pre_disconnect(sid, NAMESPACE)
                manager.basic_disconnect(sid, NAMESPACE)
            elif room in theirs.get_rooms(sid, NAMESPACE) and manager is ours:
                manager.basic_leave_room(sid, NAMESPACE, room)
                theirs.basic_leave_room(sid, NAMESPACE, room)
                break
            else:
                manager.basic_enter_room(sid, NAMESPACE, room)
        if room == ROOMS[0] and sid in connected:
            connected.discard(sid)
        else:
            connected.add(sid)

        assert table_of(ours) == table_of(theirs)
        assert sorted(ours.get_rooms(sid, NAMESPACE)) == sorted(theirs.get_rooms(sid, NAMESPACE))
        assert not ours.pending_disconnect.get(NAMESPACE)


def test_a_leaving_socket_is_not_looked_up_in_the_rooms_of_others() -> None:
    class Room(dict[str, str]):
        def __contains__(self, sid: object) -> bool:
            raise AssertionError("looked into")

    manager = LocalRooms()
    manager.basic_enter_room("ours", NAMESPACE, None, eio_sid="engine")
    manager.rooms[NAMESPACE]["of another"] = Room()

    assert manager.get_rooms("ours", NAMESPACE) == []
    manager.basic_disconnect("ours", NAMESPACE)


def test_pings_are_spread_and_none_comes_later_than_a_browser_waits() -> None:
    engine = create_server(None).eio
    pauses_s = [engine.ping_interval for _ in range(200)]

    assert max(pauses_s) - min(pauses_s) > 0.5 * (PING_EVERY_S[1] - PING_EVERY_S[0])
    # A browser leaves after its handshake's interval (which was random, too) plus the timeout.
    assert max(pauses_s) < min(pauses_s) + engine.ping_timeout
    assert max(pauses_s) + engine.ping_timeout <= 45
