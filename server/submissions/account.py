"""Our account at the song service: the last known credits with their age, and ordered pauses.

Unknown credits are not zero credits: only a balance that was read as 0 stops the sale.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog

from server.clock import now
from server.services import Services
from server.submissions.kept import Kept
from server.submissions.model import SongAccount

logger = structlog.get_logger(__name__)


async def read_account() -> SongAccount:
    """Return the account's row, which a migration has put there."""
    return await SongAccount.get(id=1)


async def is_sold_out() -> bool:
    """Say whether no song can be bought, as it was known at most a second ago."""
    return await _sold_out.get()


async def keep_balance(services: Services, credits_left: int, checked_at: datetime) -> None:
    """Store a balance that was just read, and log it at the level it deserves."""
    await SongAccount.filter(id=1).update(credits=credits_left, credits_checked_at=checked_at)
    if credits_left == 0:
        logger.critical("credits_exhausted", credits=0)
    elif credits_left < services.settings.min_available_credits:
        logger.warning("credits_low", credits=credits_left)
    else:
        logger.info("credits_available", credits=credits_left)


async def pause(reason: str, seconds: float) -> None:
    """Send nothing more to the song service for `seconds`; submissions wait in the queue."""
    until = now() + timedelta(seconds=seconds)
    await SongAccount.filter(id=1).update(paused_until=until, pause_reason=reason[:100])


async def _read_sold_out() -> bool:
    return (await read_account()).is_sold_out


_sold_out: Final = Kept(_read_sold_out, lifetime_s=1.0)
