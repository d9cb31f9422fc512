"""One generation: its request, its status, and its API representation.

Everything that must survive a restart is a field here; a generation is stored as this JSON.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Status(StrEnum):
    """The states of a generation in order; it ends in one of the last two."""

    RECEIVED = "RECEIVED"
    PROMPT = "PROMPT"
    TASK_SENT = "TASK_SENT"
    GENERATE_TASK_STARTED = "GENERATE_TASK_STARTED"
    BEGINNING_GENERATION = "BEGINNING_GENERATION"
    GENERATING = "GENERATING"
    DECOMPRESSING = "DECOMPRESSING"
    SAVING = "SAVING"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"

    @property
    def is_final(self) -> bool:
        return self in {Status.SUCCESS, Status.FAILURE}


SHARES: tuple[tuple[Status, float], ...] = (
    (Status.PROMPT, 0.05),
    (Status.TASK_SENT, 0.15),
    (Status.GENERATE_TASK_STARTED, 0.2),
    (Status.BEGINNING_GENERATION, 0.25),
    (Status.GENERATING, 0.3),
    (Status.DECOMPRESSING, 0.85),
    (Status.SAVING, 0.92),
)
"""When each state begins, as a share of the total delay."""


class GenerationRequest(BaseModel):
    """The body of `POST /v1/generations/v3`; unknown fields are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore")

    prompt: str | None = Field(None, max_length=10_000)
    tags: list[str] | None = None
    lyrics: str | None = Field(None, max_length=20_000)
    instrumental: bool = False
    prompt_strength: float = 2.0
    output_format: Literal["mp3"] = "mp3"
    output_bit_rate: Literal[128, 192, 256, 320] = 192
    webhook_url: str | None = None
    align_lyrics: bool = False

    @model_validator(mode="after")
    def _combination_is_allowed(self) -> GenerationRequest:
        if self.prompt is None and self.tags is None and self.lyrics is None:
            raise ValueError("one of prompt, tags and lyrics is required")
        if self.prompt is not None and self.tags is not None and self.lyrics is not None:
            raise ValueError("prompt, tags and lyrics cannot be given together")
        if self.webhook_url and not self.webhook_url.startswith(("http://", "https://")):
            raise ValueError("webhook_url must be an http or https address")
        return self


class Generation(BaseModel):
    """The song service's job for one song."""

    task_id: str = Field(default_factory=lambda: str(uuid4()))
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    request: GenerationRequest
    lyrics: str
    status: Status = Status.RECEIVED
    error_message: str | None = None
    planned_error: str | None = None
    is_stuck: bool = False
    is_webhook_due: bool = True
    answer: str = "unanswered"

    @property
    def seed(self) -> int:
        """A seed that always gives the same song for the same generation."""
        return int.from_bytes(hashlib.sha256(self.task_id.encode()).digest()[:4], "big")

    @property
    def song_path(self) -> str:
        """The song's path relative to the origin, as sent in webhooks."""
        return f"pubapi/generations2/audio_{self.task_id}_0.mp3"

    def as_detail(self, origin: str) -> dict[str, Any]:
        """The response of `GET /v1/generations/{id}`; `origin` makes the song's URL absolute."""
        is_done = self.status is Status.SUCCESS
        return {
            "id": self.task_id,
            "created_at": self.created_at.isoformat(),
            "status": self.status,
            "alignment_status": self.alignment_status,
            "model_version": "simulator-1",
            "song_paths": [f"{origin}/{self.song_path}"] if is_done else [],
            "error_message": self.error_message,
            "lyrics": self.lyrics if self.status is not Status.RECEIVED else None,
            "prompt": self.request.prompt,
            "prompt_strength": self.request.prompt_strength,
            "tags": self.request.tags or [],
            "v2_params": {"balance_strength": 0.7, "bpm": "auto", "seed": self.seed},
            "extend_params": None,
            "inpaint_params": None,
        }

    @property
    def alignment_status(self) -> str | None:
        """Aligned lyrics can be requested, but are never made here."""
        return "REQUESTED" if self.request.align_lyrics else None

    def as_webhook(self, status: Status | None = None) -> dict[str, Any]:
        """The webhook's payload for the current status, or for `status` instead."""
        status = status or self.status
        payload: dict[str, Any] = {"task_id": self.task_id, "status": status}
        if status is Status.SUCCESS:
            payload["song_paths"] = [self.song_path]
        if status is Status.FAILURE:
            payload["error_message"] = self.error_message or "Generation failed"
        return payload
