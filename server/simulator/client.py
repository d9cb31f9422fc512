"""Starts the simulator as a separate process and controls it.

The process never outlives the block that started it, nor the program around that block.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from .faults import Switch
from .generation import Status

STOP_TIMEOUT_S = 10.0
CALL_TIMEOUT_S = 60.0
IDLE_S = 2.0
"""How long an idle connection is reused; the server closes it after 5 s."""


class Simulator:
    """A running simulator: `origin` is its URL, `api_url` the base URL for song clients."""

    def __init__(self, process: Process, origin: str, controls: httpx.AsyncClient) -> None:
        self.origin = origin
        self.api_url = f"{origin}/v1"
        self._process = process
        self._controls = controls

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        folder: Path,
        *,
        delay_s: float = 8.0,
        song_s: float | None = None,
        song: Path | None = None,
        port: int = 0,
        num_credits: int = 10_000,
        key: str | None = None,
    ) -> AsyncIterator[Simulator]:
        """Serve `folder` until the block ends.

        Args:
            folder: Where generations and songs are stored; a second start continues with them.
            delay_s: How long a generation takes.
            song_s: Length of every song; None: 60 to 90 seconds.
            song: An MP3 to deliver for every order, instead of composing one.
            port: 0 for any free one.
            num_credits: The balance before the first song.
            key: The only accepted API key; None: any.

        Raises:
            RuntimeError: the process did not start; the reason is on stderr.
        """
        options = {"--folder": folder, "--port": port, "--song-seconds-delay": delay_s}
        options |= {"--song-seconds": song_s, "--song": song}
        options |= {"--credits": num_credits, "--key": key}
        given = [f"{name}={value}" for name, value in options.items() if value is not None]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "server.simulator", "--exit-with-parent", *given),
            stdin=PIPE,
            stdout=PIPE,
        )
        try:
            assert process.stdout is not None
            line = await process.stdout.readline()
            if not line:
                raise RuntimeError("the simulator did not start; see stderr for the reason")
            origin = json.loads(line)["url"]
            timeout = httpx.Timeout(CALL_TIMEOUT_S)
            base_url = f"{origin}/simulator"
            limits = httpx.Limits(keepalive_expiry=IDLE_S)
            async with httpx.AsyncClient(
                base_url=base_url, timeout=timeout, limits=limits, trust_env=False
            ) as controls:
                yield cls(process, origin, controls)
        finally:
            await _stop(process)

    async def ledger(self) -> dict[str, Any]:
        """The ledger, with the fields of `ledger.Ledger.as_json`."""
        return dict(await self._call("GET", "/ledger"))

    async def set_faults(self, *switches: Switch) -> None:
        """Turn on exactly these faults; none: turn all off."""
        body = [switch.as_json() for switch in switches]
        await self._call("PUT", "/faults", json=body)

    async def finish(self, task_id: str, status: Status = Status.SUCCESS) -> None:
        """End a generation now; its status is final when this returns, its webhook follows."""
        await self._call("POST", f"/finish/{task_id}", params={"status": status})

    async def post_webhook(
        self, task_id: str, status: Status | None = None, copies: int = 1
    ) -> list[int | None]:
        """Send webhooks in parallel, true or claiming `status`; return their status codes."""
        params = {"copies": str(copies)} | ({"status": status} if status else {})
        answers = await self._call("POST", f"/webhook/{task_id}", params=params)
        return list(answers["answers"])

    async def kill(self) -> None:
        """Kill the process like a crash; what was not stored is lost."""
        self._process.kill()
        await self._process.wait()

    async def _call(self, method: str, path: str, **arguments: Any) -> Any:
        response = await self._controls.request(method, path, **arguments)
        if response.is_error:
            raise RuntimeError(f"{method} {path}: {response.status_code} {response.text}")
        return response.json()


async def _stop(process: Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
    except TimeoutError:
        process.kill()
        await process.wait()
