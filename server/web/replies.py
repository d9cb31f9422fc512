"""Response bodies shared by several resources, and their serialisation."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, Field
from quart import Response

Value = TypeVar("Value")
IfGiven = Annotated[Value | None, Field(exclude_if=lambda value: value is None)]
"""A field that is omitted instead of being null."""


class ErrorReply(BaseModel):
    """Why a request was not fulfilled: `error` for programs, `message` for people."""

    success: Literal[False] = False
    error: str
    message: IfGiven[str] = None
    fields: IfGiven[dict[str, str]] = None
    attempts_used: IfGiven[int] = None
    max_attempts: IfGiven[int] = None


def reply(body: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    content = body.model_dump_json()
    return Response(content, status, dict(headers or {}), content_type="application/json")


def session_not_found() -> Response:
    """The spec's response for an unknown session_id."""
    return reply(ErrorReply(error="Session not found"), 404)
