"""The API of Sonauto, a song service: order a song, poll it, read the balance.

Nothing is retried here. Every failure is one of the kinds in `errors.py`, so callers can decide by
kind alone whether a second request may pay twice.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from server.errors import NeverReached, Unanswered, Unavailable
from server.settings import Settings
from server.songs.answers import raise_for_status, storable
from server.songs.public_addresses import Resolve, resolve
from server.songs.service import Generation, Outcome, SongOrder, write_prompt
from server.songs.song_files import SongFiles

MAX_ANSWER_BYTES: Final = 1 << 20
TASK_ID: Final = re.compile(r"[!-~]{1,255}")
NO_TASK_ID: Final = "00000000-0000-0000-0000-000000000000"
MOST_CREDITS: Final = 2**31 - 1
"""The largest value of an integer column."""
MAX_LYRICS: Final = 20_000
MAX_MESSAGE: Final = 1000
KEPT_OPEN_S: Final = 2.0
"""Shorter than any server's keep-alive: an order sent on a connection that is just being closed
would be lost without an answer."""
SENT: Final = "http11.send_request_headers.started"
"""The trace event of httpcore just before the first byte of a request is sent."""


class Sonauto:
    """The SongService of sonauto.ai; use it as an async context manager.

    `resolve` and `network` determine how song hosts are resolved and contacted.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        resolve: Resolve = resolve,
        network: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        key = settings.sonauto_api_key or SecretStr("demo")
        self._generation_path = settings.generation_path
        self._timeout_s = settings.api_request_timeout_seconds
        # Two clients, so that the API key can never be sent to a song host.
        self._api = httpx.AsyncClient(
            base_url=settings.external_api_url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {key.get_secret_value()}"},
            timeout=self._timeout_s,
            limits=httpx.Limits(keepalive_expiry=KEPT_OPEN_S),
        )
        self._files = SongFiles(frozenset(settings.song_cdn_hosts), resolve, network)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self._api.aclose()
        await self._files.close()

    async def generate(
        self, order: SongOrder, webhook_url: str, *, are_tags_sent: bool = True
    ) -> str:
        """Order a song and return the generation's task id. This call costs money.

        Without tags, the vibe is put into the prompt: the service accepts only tags from its own
        list. Raises NeverReached, Unavailable, Paused or Refused if nothing was bought, and
        Unanswered if that is unknown.
        """
        prompt = write_prompt(order)
        body: dict[str, Any] = {
            "prompt": prompt if are_tags_sent else f"{prompt} The mood is {order.music_vibe}.",
            "instrumental": False,
            "output_format": "mp3",
            "webhook_url": webhook_url,
        }
        if are_tags_sent:
            body["tags"] = [order.music_vibe, "love song", "valentine"]
        answer = await self._ask("POST", self._generation_path, body)
        task_id = answer.get("task_id")
        # Printable ASCII, as in webhooks: anything else could not even be stored.
        if not isinstance(task_id, str) or not TASK_ID.fullmatch(task_id):
            raise Unanswered("the order was answered without a task id")
        return task_id

    async def read_generation(self, task_id: str) -> Generation:
        """Return the current state of a generation.

        Raises the same errors as `generate`; an unknown generation is Unavailable (404).
        """
        # The id may come from a webhook: it must not lead to another endpoint.
        if not task_id.strip("."):
            raise Unavailable("no generation has this id", HTTPStatus.NOT_FOUND)
        return _read_generation(await self._ask("GET", f"generations/{quote(task_id, safe='')}"))

    async def read_credits(self) -> int:
        """Return the balance: prepaid plus pay-as-you-go credits."""
        answer = await self._ask("GET", "credits/balance")
        balances: list[Any] = [answer.get("num_credits"), answer.get("num_credits_payg") or 0]
        if not all(type(balance) is int for balance in balances):
            raise Unanswered("the balance was answered without a number")
        total: int = sum(balances)
        return max(-MOST_CREDITS, min(total, MOST_CREDITS))

    async def reach(self) -> None:
        """Check with free calls whether the service's API responds at all.

        Raises NeverReached, Unanswered or Unavailable if it does not, or if something in front of
        it responds instead.
        """
        for path in ("credits/balance", f"generations/{NO_TASK_ID}"):
            response, content = await self._send("GET", path)
            is_ours = response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
            if is_ours and not response.is_redirect and isinstance(read_json(content), dict):
                return
        raise_for_status(response, None)
        raise Unanswered("the answer is not the API's")

    async def download(self, url: str, draft: Path) -> None:
        """Download the song at `url` to `draft`: see SongFiles."""
        await self._files.download(url, draft)

    async def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the JSON object of an answer; raises the same errors as `generate`."""
        response, content = await self._send(method, path, body)
        document = read_json(content)
        raise_for_status(response, document)
        if not isinstance(document, dict):
            raise Unanswered("the answer is not a JSON object")
        return document

    async def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> tuple[httpx.Response, bytes]:
        """Return any answer; raise NeverReached or Unanswered if there is none."""
        has_left = False

        async def trace(event: str, _facts: object) -> None:
            nonlocal has_left
            has_left = has_left or event == SENT

        response: httpx.Response | None = None
        content = b""
        try:
            # httpx limits each read, not the whole answer, which could trickle in forever.
            async with (
                asyncio.timeout(self._timeout_s),
                self._api.stream(method, path, json=body, extensions={"trace": trace}) as response,
            ):
                async for chunk in response.aiter_bytes():
                    content += chunk
                    if len(content) > MAX_ANSWER_BYTES:
                        raise httpx.DecodingError("the answer is larger than 1 MB")
        except (httpx.HTTPError, TimeoutError) as error:
            if response is not None and not response.is_success:
                return response, b""  # it is an error status, whatever its body
            if not has_left:
                raise NeverReached(f"not reached: {type(error).__name__}") from error
            raise Unanswered(f"no answer: {type(error).__name__}") from error
        return response, content


def read_json(content: bytes) -> object:
    """Parse JSON; None if it is invalid."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _read_generation(answer: Mapping[str, Any]) -> Generation:
    status = answer.get("status")
    if not isinstance(status, str):
        raise Unanswered("the generation was answered without a status")
    paths = answer.get("song_paths")
    first = paths[0] if isinstance(paths, list) and paths else None
    lyrics = answer.get("lyrics")
    message = answer.get("error_message")
    return Generation(
        outcome=Outcome(status) if status in ("SUCCESS", "FAILURE") else Outcome.UNDER_WAY,
        song_url=storable(first) if isinstance(first, str) else None,
        lyrics=storable(lyrics)[:MAX_LYRICS] if isinstance(lyrics, str) else "",
        error_message=storable(message)[:MAX_MESSAGE] if isinstance(message, str) else None,
        response=json.dumps(answer),
    )
