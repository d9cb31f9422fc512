"""The routes under `/simulator`: switch faults, read the ledger, end generations.

They exist only in the simulator, not in the real service.
"""

from __future__ import annotations

from quart import Blueprint, jsonify, request
from quart.typing import ResponseReturnValue

from .faults import Switch
from .generation import Status
from .service import SongService


def build_controls(service: SongService) -> Blueprint:
    """Create the control routes."""
    controls = Blueprint("controls", __name__, url_prefix="/simulator")

    @controls.get("/faults")
    async def read_faults() -> ResponseReturnValue:
        return jsonify(service.faults.as_json())

    @controls.put("/faults")
    async def replace_faults() -> ResponseReturnValue:
        body = await request.get_json(force=True, silent=True)
        if not isinstance(body, list):
            return {"detail": 'send a list like [{"fault": "webhook_never", "times": 1}]'}, 422
        try:
            service.faults.replace([Switch.parse(fields) for fields in body])
        except ValueError as error:
            return {"detail": str(error)}, 422
        return jsonify(service.faults.as_json())

    @controls.delete("/faults")
    async def clear_faults() -> ResponseReturnValue:
        service.faults.replace([])
        return "", 204

    @controls.get("/ledger")
    async def read_ledger() -> ResponseReturnValue:
        return service.describe_ledger()

    @controls.post("/finish/<task_id>")
    async def finish(task_id: str) -> ResponseReturnValue:
        status = request.args.get("status", Status.SUCCESS)
        if status not in {Status.SUCCESS, Status.FAILURE}:
            return {"detail": "status is SUCCESS or FAILURE"}, 422
        generation = service.archive.generations.get(task_id)
        if generation is None:
            return {"detail": "Generation not found"}, 404
        if generation.status.is_final:
            return {"detail": f"It has already ended: {generation.status}"}, 409
        await service.finish(task_id, Status(status))
        return {"status": generation.status}

    @controls.post("/webhook/<task_id>")
    async def post_webhook(task_id: str) -> ResponseReturnValue:
        generation = service.archive.generations.get(task_id)
        if generation is None:
            return {"detail": "Generation not found"}, 404
        status = request.args.get("status")
        if status is not None and status not in set(Status):
            return {"detail": f"status is one of {', '.join(Status)}"}, 422
        copies = request.args.get("copies", 1, type=int)
        answers = await service.webhooks.post_webhook(
            generation, Status(status) if status else None, copies=copies
        )
        return {"answers": answers}

    return controls
