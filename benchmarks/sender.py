"""`python -m benchmarks.sender`: sends requests at a given rate, or as fast as its connections can.

Reads one JSON object from stdin (`Order`) and prints one (`Receipt`). Delays count from when a
request was due, so that queueing in the site is included.
"""

import asyncio
import json
import os
import sys
import time
import uuid
from asyncio.subprocess import PIPE
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

MAX_REQUESTS: Final = 50_000
MAX_WAITING: Final = 1_000
ANSWER_WITHIN_S: Final = 30.0
NO_ANSWER: Final = "none"

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Order:
    """What to send: `paths` in turn, to `urls` in turn; with `body` they are POSTs of JSON.

    `per_second` requests start in each of `seconds`; None: as many as `connections` can send. Each
    POST has its own Idempotency-Key, like those of the page.
    """

    urls: Sequence[str]
    paths: Sequence[str]
    seconds: float
    per_second: int | None = None
    body: str | None = None
    connections: int = 16


@dataclass
class Receipt:
    """The number of responses by status (`none`: no response), and other measurements."""

    statuses: dict[str, int] = field(default_factory=dict)
    delays_s: list[float] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    took_s: float = 0.0
    cpu_s: float = 0.0


async def send(order: Order) -> Receipt:
    """Carry out an order in a separate process."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.sender"),
        cwd=Path(__file__).parents[1],
        stdin=PIPE,
        stdout=PIPE,
    )
    printed, _ = await process.communicate(json.dumps(asdict(order)).encode())
    if process.returncode:
        raise RuntimeError("the sender has ended; see stderr for the reason")
    return Receipt(**json.loads(printed))


class Sender:
    """Sends over persistent connections, with one pool per site."""

    def __init__(self, order: Order) -> None:
        self.statuses: Counter[str] = Counter()
        self.delays_s: list[float] = []
        self.bodies: list[str] = []
        self._sites = [urlsplit(url) for url in order.urls]
        self._idle: list[deque[Connection]] = [deque() for _ in order.urls]
        self._heads = [_head(path, order.body) for path in order.paths]
        self._content = (order.body or "").encode()
        self._number = 0

    async def send_one(self, due: float) -> None:
        """Send the next request, which was due at `due`, and record its response."""
        self._number += 1
        place = self._number % len(self._sites)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                status, body = await self._exchange(place, self._write_request())
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            status, body = NO_ANSWER, ""
        self.statuses[status] += 1
        self.delays_s.append(time.monotonic() - due)
        self.bodies.append(body)

    def _write_request(self) -> bytes:
        head = self._heads[self._number % len(self._heads)]
        if self._content:
            head += f"Idempotency-Key: {uuid.uuid4().hex}\r\n"
        return f"{head}\r\n".encode() + self._content

    async def _exchange(self, place: int, request: bytes) -> tuple[str, str]:
        idle = self._idle[place]
        while idle and idle[-1][0].at_eof():
            idle.pop()
        reader, writer = idle.pop() if idle else await self._connect(place)
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].partition("\r\n")[0])
        body = await reader.readexactly(length)
        if "connection: close" in head:
            writer.close()
        else:
            idle.append((reader, writer))
        return head.split(" ", 2)[1], body.decode()

    async def _connect(self, place: int) -> Connection:
        site = self._sites[place]
        return await asyncio.open_connection(site.hostname, site.port)


def _head(path: str, body: str | None) -> str:
    start = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if body is None:
        return start
    length = len(body.encode())
    return f"{start}Content-Type: application/json\r\nContent-Length: {length}\r\n"


async def _at_a_rate(sender: Sender, order: Order, per_second: int) -> None:
    start = time.monotonic()
    async with asyncio.TaskGroup() as sending:
        under_way: set[asyncio.Task[None]] = set()
        for number in range(int(order.seconds * per_second)):
            due = start + number / per_second
            await asyncio.sleep(due - time.monotonic())
            if len(under_way) >= MAX_WAITING:
                sender.statuses[NO_ANSWER] += 1
                continue
            task = sending.create_task(sender.send_one(due))
            under_way.add(task)
            task.add_done_callback(under_way.discard)


async def _at_full_speed(sender: Sender, order: Order) -> None:
    end = time.monotonic() + order.seconds

    async def send_on() -> None:
        while time.monotonic() < end and len(sender.delays_s) < MAX_REQUESTS:
            await sender.send_one(time.monotonic())

    await asyncio.gather(*(send_on() for _ in range(order.connections)))


async def _carry_out(order: Order) -> Receipt:
    if any(urlsplit(url).hostname != "127.0.0.1" for url in order.urls):
        raise SystemExit("only to 127.0.0.1")
    if (order.per_second or 0) * order.seconds > MAX_REQUESTS:
        raise SystemExit(f"at most {MAX_REQUESTS} requests")
    sender = Sender(order)
    start = time.monotonic()
    if order.per_second is None:
        await _at_full_speed(sender, order)
    else:
        await _at_a_rate(sender, order, order.per_second)
    used = os.times()
    return Receipt(
        statuses=dict(sender.statuses),
        delays_s=sender.delays_s,
        bodies=sender.bodies if order.body is not None else [],
        took_s=time.monotonic() - start,
        cpu_s=used.user + used.system,
    )


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_carry_out(Order(**json.load(sys.stdin)))))))
