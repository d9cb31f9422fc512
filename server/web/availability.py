"""`/api/availability`: whether submissions are accepted at the moment."""

from pydantic import BaseModel
from quart import Blueprint, Response

from server.submissions.account import is_too_low, read_account
from server.submissions.capacity import is_full
from server.web.context import current_services
from server.web.limiting import unlimited
from server.web.replies import ErrorReply, reply
from server.web.routes.documentation import documented

availability = Blueprint("availability", __name__, url_prefix="/api/availability")


class Availability(BaseModel):
    """Whether submissions are accepted now."""

    accepting: bool


@availability.get("")
@documented({200: Availability, 503: ErrorReply})
@unlimited("Each form requests it once, and it reads one row.")
async def get_availability() -> Response:
    """Return whether submissions are accepted: there are credits and disk space for a song."""
    services = current_services()
    account = await read_account()
    can_pay = not is_too_low(account.credits, services.settings)
    return reply(Availability(accepting=can_pay and not await is_full(services)))
