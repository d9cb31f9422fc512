"""`/api/webhook`: the song service's notifications, which are never trusted, only polled for.

`/api/webhook/{token}` is the URL that we pass to the service. Its response never depends on the
request, so nobody learns which tokens exist.
"""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field, ValidationError
from quart import Blueprint, Response
from werkzeug.exceptions import BadRequest, NotFound

from server.settings import WEBHOOK_PATH
from server.submissions.webhooks import MAX_TASK_ID, receive_named_webhook, receive_webhook
from server.web.bodies import read_body, takes_body
from server.web.context import current_services
from server.web.limiting import unlimited
from server.web.replies import ErrorReply, reply
from server.web.requests import parse_json_object, read_json_object
from server.web.routes.documentation import documented

MAX_WEBHOOK_BYTES: Final = 64 * 1024

UNLIMITED: Final = "A rejected webhook delays a song that is paid for; one costs three statements."

webhook = Blueprint("webhook", __name__, url_prefix=WEBHOOK_PATH)


class WebhookBody(BaseModel):
    """The part of the song service's webhook that we read."""

    # Printable ASCII: PostgreSQL cannot even compare text that contains NUL.
    task_id: Annotated[str, Field(strict=True, pattern=r"^[!-~]+$", max_length=MAX_TASK_ID)]
    status: Annotated[str, Field(strict=True)]


class WebhookReceipt(BaseModel):
    """The webhook was accepted."""

    success: Literal[True] = True
    message: Literal["Webhook processed"] = "Webhook processed"


@webhook.post("")
@documented(
    {200: WebhookReceipt, **dict.fromkeys((400, 404, 408, 413, 415, 503), ErrorReply)},
    takes=WebhookBody,
)
@takes_body(MAX_WEBHOOK_BYTES)
@unlimited(UNLIMITED)
async def post_named_webhook() -> Response:
    """Check the generation that the body names."""
    document = await read_json_object()
    try:
        body = WebhookBody.model_validate(document)
    except ValidationError as error:
        raise BadRequest("task_id and status are required.") from error
    if not await receive_named_webhook(current_services(), body.task_id):
        raise NotFound("Unknown task_id")
    return reply(WebhookReceipt())


@webhook.post("/<token>")
@documented({200: WebhookReceipt, **dict.fromkeys((408, 413, 503), ErrorReply)}, takes=WebhookBody)
@takes_body(MAX_WEBHOOK_BYTES)
@unlimited(UNLIMITED)
async def post_webhook(token: str) -> Response:
    """Check the generation attempt that this URL was made for."""
    await receive_webhook(current_services(), token, _task_id(await read_body()))
    return reply(WebhookReceipt())


def _task_id(body: bytes) -> str | None:
    try:
        return WebhookBody.model_validate(parse_json_object(body)).task_id
    except (BadRequest, ValidationError):
        return None
