"""Serves the songs like a CDN: no key, a stated length, and every way to break a download.

Without faults, downloads are complete.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
from collections.abc import AsyncIterator

from quart import Blueprint, Response, redirect, request
from quart.typing import ResponseReturnValue

from .faults import Fault
from .generation import Status
from .listener import Listener, Peer
from .service import SongService

CHUNK_BYTES = 16 * 1024
DRIP_INTERVAL_S = 1.0
ENDLESS_PAUSE_S = 0.001


def build_downloads(service: SongService, listener: Listener) -> Blueprint:
    """Create the download route."""
    downloads = Blueprint("downloads", __name__, url_prefix="/pubapi/generations2")

    @downloads.get("/audio_<task_id>_0.mp3")
    async def download(task_id: str) -> ResponseReturnValue:
        ledger = service.ledger
        ledger.downloads += 1
        ledger.authorization_seen_on_download |= "Authorization" in request.headers
        generation = service.archive.generations.get(task_id)
        if generation is None or generation.status is not Status.SUCCESS:
            return {"detail": "Not found"}, 404
        song = await asyncio.to_thread(service.archive.song(task_id).read_bytes)
        return spoil(song) or Response(song, mimetype="audio/mpeg")

    def spoil(song: bytes) -> ResponseReturnValue | None:
        return spoil_answer(song) or spoil_stream(song)

    def spoil_answer(song: bytes) -> ResponseReturnValue | None:
        take = service.faults.take
        if status := take(Fault.DOWNLOAD_STATUS):
            return {"detail": f"Simulated {status.value}"}, status.value
        if take(Fault.DOWNLOAD_PAGE):
            return "<!doctype html><title>Soon</title>"
        if target := take(Fault.DOWNLOAD_REDIRECT):
            return redirect(target.value)
        if body := take(Fault.DOWNLOAD_BODY):
            _, is_binary, encoded = body.value.partition("base64:")
            content = base64.b64decode(encoded) if is_binary else body.value.encode()
            return Response(content, mimetype="audio/mpeg")
        if padding := take(Fault.DOWNLOAD_GZIP):
            packed = gzip.compress(song + bytes(padding.value * 1024 * 1024))
            return Response(packed, mimetype="audio/mpeg", headers={"Content-Encoding": "gzip"})
        return None

    def spoil_stream(song: bytes) -> ResponseReturnValue | None:
        take = service.faults.take
        whole = {"Content-Length": str(len(song))}
        peer = request.scope["client"]
        if share := take(Fault.DOWNLOAD_TRUNCATED):
            return stream(_break_off(song, share.value, listener, peer), whole)
        if share := take(Fault.DOWNLOAD_RESET):
            return stream(_break_off(song, share.value, listener, peer, reset=True), whole)
        if size := take(Fault.DOWNLOAD_STALL):
            return stream(_stall(song[: size.value]), whole)
        if rate := take(Fault.DOWNLOAD_DRIP):
            return stream(_drip(song, rate.value), whole)
        if take(Fault.DOWNLOAD_ENDLESS):
            return stream(_repeat(song), {})
        return None

    def stream(chunks: AsyncIterator[bytes], headers: dict[str, str]) -> Response:
        return Response(count_while_open(chunks), mimetype="audio/mpeg", headers=headers)

    async def count_while_open(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        service.ledger.open_downloads += 1
        try:
            async for chunk in chunks:
                yield chunk
        finally:
            service.ledger.open_downloads -= 1

    return downloads


async def _break_off(
    song: bytes, share: float, listener: Listener, peer: Peer | None, *, reset: bool = False
) -> AsyncIterator[bytes]:
    end = int(len(song) * share)
    for start in range(0, end, CHUNK_BYTES):
        yield song[start : min(start + CHUNK_BYTES, end)]
    listener.cut(peer, reset=reset)
    await asyncio.Event().wait()


async def _stall(beginning: bytes) -> AsyncIterator[bytes]:
    yield beginning
    await asyncio.Event().wait()


async def _drip(song: bytes, bytes_per_s: int) -> AsyncIterator[bytes]:
    for start in range(0, len(song), bytes_per_s):
        yield song[start : start + bytes_per_s]
        await asyncio.sleep(DRIP_INTERVAL_S)


async def _repeat(song: bytes) -> AsyncIterator[bytes]:
    while True:
        for start in range(0, len(song), CHUNK_BYTES):
            yield song[start : start + CHUNK_BYTES]
            # Sending to a disconnected caller never waits: without this pause the server would
            # never get to cancel the request, and would fill its memory instead.
            await asyncio.sleep(ENDLESS_PAUSE_S)
