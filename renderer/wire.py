"""One line of JSON each way between `RenderPool` and its children.

    request   {"task": "press" | "render" | "check_song", "job": {...}}
    answer    {"report": {...}} | {"error": {"kind": "bad_song", "message": "..."}}
    greeting  {"report": {"encoder": "libx264", "fallback": "..."}} | {"error": ...}

A child greets once, when it is warm, and then answers each request in turn.
Empty lines ask nothing.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from renderer.encoders import Choice
from renderer.errors import RenderError, revive
from renderer.jobs import PressJob, PressReport, RenderJob, RenderReport, SongReport
from renderer.spec import RenderSpec

Job = PressJob | RenderJob | Path
Report = PressReport | RenderReport | SongReport | Choice


def pack_job(task: str, job: Job) -> bytes:
    """Write a request."""
    fields = {"path": job} if isinstance(job, Path) else asdict(job)
    return _pack({"task": task, "job": fields})


def unpack_job(line: bytes) -> Job:
    """Read a request."""
    request = json.loads(line)
    fields: dict[str, Any] = request["job"]
    match request["task"]:
        case "press":
            paths = {name: Path(fields[name]) for name in ("photo", "cycle", "poster")}
            return PressJob(**fields | paths | {"spec": RenderSpec(**fields["spec"])})
        case "render":
            paths = {name: Path(fields[name]) for name in ("photo", "song", "out")}
            cycle = Path(fields["cycle"]) if fields["cycle"] else None
            spec = RenderSpec(**fields["spec"])
            return RenderJob(**fields | paths | {"cycle": cycle, "spec": spec})
        case _:
            return Path(fields["path"])


def pack_report(report: Report) -> bytes:
    """Write the answer to a request that went well."""
    return _pack({"report": asdict(report)})


def pack_error(error: RenderError) -> bytes:
    """Write the answer to a request that did not."""
    return _pack({"error": {"kind": error.kind, "message": str(error)}})


def unpack_report(line: bytes) -> dict[str, Any]:
    """Read an answer's report; raises the `RenderError` it holds instead."""
    answer = json.loads(line)
    if error := answer.get("error"):
        raise revive(error["kind"], error["message"])
    report: dict[str, Any] = answer["report"]
    return report


def _pack(message: dict[str, Any]) -> bytes:
    return json.dumps(message, default=str).encode() + b"\n"
