"""The song service's API under `/v1`: it answers like the real one unless a fault is on.

Whatever is answered as accepted is stored first.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from pydantic import ValidationError
from quart import Blueprint, Response, jsonify, request
from quart.typing import ResponseReturnValue

from .faults import Fault
from .generation import GenerationRequest, Status
from .listener import Listener
from .service import SONG_COSTS_CREDITS, SongService
from .tags import KNOWN_TAGS

ABOUT_THE_ORDER = (400, 422)


def build_api(service: SongService, listener: Listener) -> Blueprint:
    """Create the routes of the API."""
    api = Blueprint("api", __name__, url_prefix="/v1")
    faults, ledger = service.faults, service.ledger

    @api.before_request
    async def fail() -> ResponseReturnValue | None:
        if faults.take(Fault.API_HANGS):
            await asyncio.Event().wait()
        if faults.take(Fault.API_KEY_REFUSED):
            return {"detail": "Invalid API key format"}, 400
        if status := faults.take(Fault.API_STATUS):
            page = Response("<!doctype html><title>Elsewhere</title>", status.value)
            page.headers["Location"] = "https://elsewhere.invalid/"
            return page
        return None

    @api.before_request
    async def require_key() -> ResponseReturnValue | None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        is_right = key == service.options.key if service.options.key else bool(key.strip())
        if scheme.lower() != "bearer" or not is_right:
            return {"detail": "Invalid API key"}, 401
        return None

    @api.post("/generations/v3")
    async def create() -> ResponseReturnValue:
        body = await request.get_json(force=True, silent=True)
        if faults.take(Fault.CREATE_LOST):
            ledger.refuse("lost", body)
            return await _hang_up(listener)
        if status := faults.take(Fault.CREATE_STATUS):
            ledger.refuse(f"answered {status.value}", body)
            headers = {"Retry-After": status.retry_after} if status.retry_after else {}
            about = ": the prompt" if status.value in ABOUT_THE_ORDER else ""
            return {"detail": f"Simulated {status.value}{about}"}, status.value, headers
        try:
            order = GenerationRequest.model_validate(body)
        except ValidationError as error:
            ledger.refuse("answered 422", body)
            reasons = error.errors(include_url=False, include_context=False, include_input=False)
            return {"detail": reasons}, 422
        unknown_tags = set(order.tags or ()) - KNOWN_TAGS
        if unknown_tags and faults.take(Fault.STRICT_TAGS):
            ledger.refuse("answered 422", body)
            return {"detail": f"Unknown tags: {', '.join(sorted(unknown_tags))}"}, 422
        if sum(service.balance.values()) < SONG_COSTS_CREDITS:
            ledger.refuse("answered 402", body)
            return {"detail": "Not enough credits"}, 402
        return await accept(order)

    async def accept(order: GenerationRequest) -> ResponseReturnValue:
        oldest = next(iter(service.archive.generations), None)
        generation = service.accept(order)
        if faults.take(Fault.WEBHOOK_BEFORE_ANSWER):
            await service.finish(generation.task_id, Status.SUCCESS)
            await service.wait_until_announced(generation.task_id)
        if slow := faults.take(Fault.CREATE_SLOW):
            await asyncio.sleep(slow.value)
        if faults.take(Fault.CREATE_UNANSWERED):
            return await _hang_up(listener)
        text = json.dumps({"task_id": generation.task_id})
        if duplicate := faults.take(Fault.CREATE_DUPLICATE):
            text = json.dumps({"task_id": duplicate.value or oldest or generation.task_id})
        if odd_body := faults.take(Fault.CREATE_BODY):
            text = odd_body.value
        generation.answer = "answered 200"
        service.archive.save(generation)
        mimetype = "text/html" if text.startswith("<") else "application/json"
        return Response(text, mimetype=mimetype)

    @api.get("/generations/<task_id>")
    async def read(task_id: str) -> ResponseReturnValue:
        ledger.details_read += 1
        return read_detail(task_id)

    @api.get("/generations/status/<task_id>")
    async def read_status(task_id: str) -> ResponseReturnValue:
        detail = read_detail(task_id)
        if isinstance(detail, tuple):
            return detail
        if request.args.get("include_alignment") == "true":
            return {name: detail.get(name) for name in ("status", "alignment_status")}
        return jsonify(detail.get("status"))

    def read_detail(task_id: str) -> dict[str, Any] | tuple[dict[str, Any], int]:
        if status := faults.take(Fault.DETAIL_STATUS):
            return {"detail": f"Simulated {status.value}"}, status.value
        generation = service.archive.generations.get(task_id)
        if generation is None:
            return {"detail": "Generation not found"}, 404
        detail = generation.as_detail(listener.origin)
        if fields := faults.take(Fault.DETAIL_FIELDS):
            detail |= fields.value
        if missing := faults.take(Fault.DETAIL_WITHOUT):
            detail = {name: value for name, value in detail.items() if name not in missing.value}
        return detail

    @api.get("/credits/balance")
    async def read_balance() -> ResponseReturnValue:
        if status := faults.take(Fault.CREDITS_STATUS):
            return {"detail": f"Simulated {status.value}"}, status.value
        return service.balance

    return api


async def _hang_up(listener: Listener) -> ResponseReturnValue:
    """Close the caller's connection; the server then cancels this request."""
    listener.cut(request.scope["client"])
    await asyncio.Event().wait()
    raise AssertionError("the request was not cancelled")
