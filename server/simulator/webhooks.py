"""Sends webhooks, correct ones or as the active faults demand.

A webhook is sent once: the ledger records whether it arrived, and it is never retried.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx

from .faults import Fault, Switchboard
from .generation import Generation, Status
from .ledger import Ledger

TIMEOUT_S = 30.0


class WebhookSender:
    """Posts a generation's status to the URL given by its creator."""

    def __init__(self, faults: Switchboard, ledger: Ledger) -> None:
        self._faults = faults
        self._ledger = ledger
        # An idle connection may be closed by the site just as it is reused.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._client = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False, limits=limits)

    async def close(self) -> None:
        await self._client.aclose()

    async def announce_end(self, generation: Generation) -> None:
        """Send the webhook of a finished generation, altered by the active faults."""
        if self._faults.take(Fault.WEBHOOK_NEVER):
            return
        if late := self._faults.take(Fault.WEBHOOK_LATE):
            await asyncio.sleep(late.value)
        payload = generation.as_webhook()
        if wrong := self._faults.take(Fault.WEBHOOK_WRONG_TASK_ID):
            payload["task_id"] = wrong.value
        if fields := self._faults.take(Fault.WEBHOOK_FIELDS):
            payload |= fields.value
        copies = self._faults.take(Fault.WEBHOOK_COPIES)
        await self._post(generation, payload, copies=copies.value if copies else 1)
        if self._faults.take(Fault.WEBHOOK_CONTRADICTION):
            succeeded = generation.status is Status.SUCCESS
            await self.post_webhook(generation, Status.FAILURE if succeeded else Status.SUCCESS)

    async def announce_progress(self, generation: Generation) -> None:
        """Send the status of an unfinished generation, if the fault is on."""
        if self._faults.take(Fault.WEBHOOK_EVERY_STATUS):
            await self.post_webhook(generation)

    async def announce_falsely(self, generation: Generation) -> None:
        """Claim SUCCESS for a generation that has just started, if the fault is on."""
        if forged := self._faults.take(Fault.WEBHOOK_FORGED):
            payload = generation.as_webhook(Status.SUCCESS) | {"song_paths": forged.value}
            await self._post(generation, payload)

    async def post_webhook(
        self, generation: Generation, status: Status | None = None, copies: int = 1
    ) -> list[int | None]:
        """Send `copies` webhooks in parallel now; return the HTTP status of each response."""
        return await self._post(generation, generation.as_webhook(status), copies=copies)

    async def _post(
        self, generation: Generation, payload: dict[str, Any], copies: int = 1
    ) -> list[int | None]:
        url = generation.request.webhook_url
        if not url:
            return []
        return await asyncio.gather(*(self._post_once(url, payload) for _ in range(copies)))

    async def _post_once(self, url: str, payload: dict[str, Any]) -> int | None:
        at = datetime.now(UTC).isoformat()
        try:
            answered: int | None = (await self._client.post(url, json=payload)).status_code
        except (httpx.HTTPError, httpx.InvalidURL):
            answered = None
        self._ledger.webhooks.append(payload | {"at": at, "answered": answered})
        return answered
