"""One line of JSON each way between `RenderPool` and its children.

    request   {"task": "make_loop" | "render" | "draw_card" | "check_song", "job": {...}}
    answer    {"report": {...}} | {"error": {"kind": "bad_song", "message": "..."}}
    greeting  {"report": {"encoder": "libx264", "fallback": "..."}} | {"error": ...}

A child sends its greeting when it is ready, and then answers each request in turn.
Empty lines are ignored.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from renderer.errors import RenderError, revive
from renderer.jobs import (
    CardJob,
    CardReport,
    CardText,
    Choice,
    LoopJob,
    LoopReport,
    RenderJob,
    RenderReport,
    SongReport,
    Video,
)
from renderer.spec import RenderSpec

Job = LoopJob | RenderJob | CardJob | Path
Report = LoopReport | RenderReport | CardReport | SongReport | Choice

_PATHS = frozenset({"photo", "song", "loop", "poster", "out"})


def pack_job(task: str, job: Job) -> bytes:
    fields = {"path": job} if isinstance(job, Path) else asdict(job)
    return _pack({"task": task, "job": fields})


def unpack_job(line: bytes) -> Job:
    request = json.loads(line)
    fields: dict[str, Any] = request["job"]
    match request["task"]:
        case "make_loop":
            return LoopJob(**_revive_paths(fields) | {"spec": RenderSpec(**fields["spec"])})
        case "render":
            videos = tuple(
                Video(**_revive_paths(video) | {"spec": RenderSpec(**video["spec"])})
                for video in fields["videos"]
            )
            return RenderJob(**_revive_paths(fields) | {"videos": videos})
        case "draw_card":
            return CardJob(**_revive_paths(fields) | {"text": CardText(**fields["text"])})
        case _:
            return Path(fields["path"])


def pack_report(report: Report) -> bytes:
    return _pack({"report": asdict(report)})


def pack_error(error: RenderError) -> bytes:
    return _pack({"error": {"kind": error.kind, "message": str(error)}})


def unpack_report(line: bytes) -> dict[str, Any]:
    """Parse an answer's report, or raise the `RenderError` in it."""
    answer = json.loads(line)
    if error := answer.get("error"):
        raise revive(error["kind"], error["message"])
    report: dict[str, Any] = answer["report"]
    return report


def _revive_paths(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: Path(value) if name in _PATHS and value else value for name, value in fields.items()
    }


def _pack(message: dict[str, Any]) -> bytes:
    return json.dumps(message, default=str).encode() + b"\n"
