"""Sends updates that no push has brought to pages watching through this process.

In small batches, so that neither the database nor a push has to wait behind thousands of rows.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from realtime.events import Snapshot
from server.submissions.watching import STEP_S, Watching

logger = structlog.get_logger(__name__)


async def push_updates(
    watching: Watching,
    is_watched: Callable[[str], bool],
    tell: Callable[[Snapshot], Awaitable[None]],
) -> None:
    """Check each watched submission every 20 s and `tell` its news, until cancelled."""
    while True:
        await asyncio.sleep(STEP_S)
        due = watching.take_due(is_watched)
        if not due:
            continue
        try:
            for snapshot in await watching.find_news(due):
                await tell(snapshot)
        except Exception as error:
            # Whatever the error, the next batch must be checked: nothing else updates these pages.
            logger.warning("news_unavailable", reason=type(error).__name__)
