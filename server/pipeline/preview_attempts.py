"""Claims on previews: each has a time limit and never delays the submission itself.

Making a preview twice does no harm, so a claim needs neither heartbeat nor fence.
"""

from datetime import timedelta
from typing import Final

from tortoise.expressions import F
from tortoise.queryset import QuerySet

from server.clock import now
from server.submissions.lifecycle import OPEN_STAGES
from server.submissions.model import Submission

MAX_ATTEMPTS: Final = 3
TIME_LIMIT: Final = timedelta(seconds=60)


def due() -> QuerySet[Submission]:
    """Open submissions without a preview that no worker is making."""
    return Submission.filter(
        stage__in=OPEN_STAGES,
        preview_path=None,
        preview_due_at__lte=now(),
        preview_attempts__lt=MAX_ATTEMPTS,
    )


async def release(session_id: str) -> None:
    """Make an interrupted preview due again at once; it counts as no attempt."""
    claimed = Submission.filter(session_id=session_id, preview_path=None, preview_attempts__gt=0)
    await claimed.update(preview_due_at=now(), preview_attempts=F("preview_attempts") - 1)


async def claim(session_id: str) -> bool:
    """Claim a submission's preview for TIME_LIMIT; False if it is not due."""
    claimed = due().filter(session_id=session_id)
    return bool(
        await claimed.update(
            preview_due_at=now() + TIME_LIMIT, preview_attempts=F("preview_attempts") + 1
        )
    )
