"""Tells the pages that watch through this process what no push has told them.

In small batches, so that neither the database nor a push that comes meanwhile waits for thousands.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from realtime.events import Snapshot
from server.submissions.watching import STEP_S, Watching

logger = structlog.get_logger(__name__)


async def keep_telling(
    watching: Watching,
    is_watched: Callable[[str], bool],
    tell: Callable[[Snapshot], Awaitable[None]],
) -> None:
    """Look at each watched submission every 20 s, and `tell` of news, until cancelled."""
    while True:
        await asyncio.sleep(STEP_S)
        due = watching.take_due(is_watched)
        if not due:
            continue
        try:
            for snapshot in await watching.find_news(due):
                await tell(snapshot)
        except Exception as error:
            # Whatever it is, the next batch has to be looked at: nobody else tells these pages.
            logger.warning("news_unavailable", reason=type(error).__name__)
