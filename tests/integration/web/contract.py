"""The specification's endpoints as a table: what is stored, the request, the exact answer."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from server.submissions.lifecycle import Stage
from tests.integration.web.forms import SESSION_ID, UNKNOWN_ID, form

CREATED_AT = datetime(2026, 2, 14, 10, 30, tzinfo=UTC)
LYRICS = "[Chorus]\nMatt and Toby, best friends..."
NOT_FOUND = {"success": False, "error": "Session not found"}
WEBHOOK = {"task_id": "0b2a66c0-d9f2-43d2-9fa7-b9c95c29324d", "status": "SUCCESS"}


class Like(str):
    """Equal to every text that matches the pattern."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and re.fullmatch(self, other) is not None


MOMENT = Like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True)
class Case:
    """One row of the table; `stored` are the columns of a row, None for no row."""

    request: str
    status: int
    body: dict[str, object]
    stage: Stage | None = None
    stored: dict[str, object] = field(default_factory=dict)
    sends: dict[str, object] | None = None
    headers: dict[str, str] = field(default_factory=dict)


CASES = {
    "form with a cookie_id": Case(
        "POST /api/submissions",
        200,
        {
            "success": True,
            "session_id": Like("[a-z][a-z0-9]{23}"),
            "message": "Submission received successfully",
        },
        sends=form(),
    ),
    "form of a new browser": Case(
        "POST /api/submissions",
        200,
        {
            "success": True,
            "session_id": Like("[a-z][a-z0-9]{23}"),
            "cookie_id": Like("cookie_[a-z0-9]{24}"),
            "message": "Submission received successfully",
        },
        sends=form(cookie_id=None),
    ),
    "form without a photo": Case(
        "POST /api/submissions",
        400,
        {
            "success": False,
            "error": "Invalid image format",
            "message": "Please upload JPG or PNG image under 5MB",
            "fields": {"photo": "Please upload JPG or PNG image under 5MB"},
        },
        sends=form(photo="bm90IGEgcGhvdG8="),
    ),
    "form with wrong fields": Case(
        "POST /api/submissions",
        400,
        {
            "success": False,
            "error": "validation_failed",
            "message": "Please correct the marked fields.",
            "fields": {
                "pet_name": "Please use letters and spaces only.",
                "pet_type": "Please choose one of the options.",
            },
        },
        sends=form(pet_name="T0by", pet_type="dog"),
    ),
    "status": Case(
        f"GET /api/submissions/{SESSION_ID}/status",
        200,
        {"session_id": SESSION_ID, "status": "pending", "created_at": "2026-02-14T10:30:00Z"},
        stage=Stage.QUEUED,
    ),
    "status of an unknown session": Case(
        f"GET /api/submissions/{UNKNOWN_ID}/status", 404, NOT_FOUND
    ),
    "snapshot": Case(
        f"GET /api/submissions/{SESSION_ID}",
        200,
        {
            "session_id": SESSION_ID,
            "version": 1,
            "status": "success",
            "stage": "ready",
            "progress": 1.0,
            "queue_position": None,
            "eta_seconds": None,
            "preview_url": None,
            "poster_url": None,
            "failure_reason": None,
            "created_at": "2026-02-14T10:30:00Z",
        },
        stage=Stage.READY,
    ),
    "snapshot of an unknown session": Case(f"GET /api/submissions/{UNKNOWN_ID}", 404, NOT_FOUND),
    "webhook": Case(
        "POST /api/webhook",
        200,
        {"success": True, "message": "Webhook processed"},
        stage=Stage.COMPOSING,
        stored={"LLM_task_id": WEBHOOK["task_id"]},
        sends=WEBHOOK | {"song_paths": ["pubapi/generations2/audio_0b2a66c0_0.mp3"]},
    ),
    "webhook of an unknown task": Case(
        "POST /api/webhook",
        404,
        {"success": False, "error": "not_found", "message": "Unknown task_id"},
        sends=dict(WEBHOOK),
    ),
    "webhook without task_id": Case(
        "POST /api/webhook",
        400,
        {
            "success": False,
            "error": "bad_request",
            "message": "task_id and status are required.",
        },
        sends={"status": "SUCCESS"},
    ),
    "webhook by token": Case(
        "POST /api/webhook/some-token",
        200,
        {"success": True, "message": "Webhook processed"},
        sends={"anything": 1},
    ),
    "result": Case(
        f"GET /api/results/{SESSION_ID}",
        200,
        {
            "success": True,
            "session_id": SESSION_ID,
            "status": "success",
            "video_url": f"/storage/video/{SESSION_ID}.mp4",
            "videos": [],
            "poster_url": None,
            "card_url": None,
            "teaser_url": None,
            "captions_url": None,
            "lyrics": LYRICS,
            "sections": [{"heading": "Chorus", "lines": ["Matt and Toby, best friends..."]}],
            "owner_name": "Matt",
            "pet_name": "Toby",
            "created_at": "2026-02-14T10:30:00Z",
            "kept_until": "2026-03-16T10:30:00Z",
        },
        stage=Stage.READY,
        stored={"lyrics": LYRICS},
    ),
    "result of a failure": Case(
        f"GET /api/results/{SESSION_ID}",
        400,
        {
            "success": False,
            "status": "fail",
            "message": "Video generation failed. Please try again.",
        },
        stage=Stage.FAILED,
    ),
    "row_79 result while pending": Case(
        f"GET /api/results/{SESSION_ID}",
        202,
        {"success": False, "status": "pending", "message": "This song is still being made."},
        stage=Stage.SENDING,
        headers={"Retry-After": "10"},
    ),
    "row_79 result while processing": Case(
        f"GET /api/results/{SESSION_ID}",
        202,
        {"success": False, "status": "processing", "message": "This song is still being made."},
        stage=Stage.RENDERING,
        headers={"Retry-After": "10"},
    ),
    "row_79 result that has expired": Case(
        f"GET /api/results/{SESSION_ID}",
        410,
        {
            "success": False,
            "error": "expired",
            "message": "This song is no longer available.",
        },
        stage=Stage.READY,
        stored={"expired_at": CREATED_AT},
    ),
    "row_79 result of an unknown session": Case(f"GET /api/results/{UNKNOWN_ID}", 404, NOT_FOUND),
    "availability": Case("GET /api/availability", 200, {"accepting": True}),
    "liveness": Case("GET /api/health/live", 200, {"status": "alive"}),
    "an unknown endpoint": Case(
        "GET /api/nothing",
        404,
        {"success": False, "error": "not_found", "message": Like(".+")},
    ),
    "another method": Case(
        "DELETE /api/submissions",
        405,
        {"success": False, "error": "method_not_allowed", "message": Like(".+")},
        headers={"Allow": Like(".*POST.*")},
    ),
}
