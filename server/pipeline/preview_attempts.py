"""Who presses a record: a claim with a time limit, beside the journey and never in its way.

Pressing twice does no harm, so a claim needs neither heartbeat nor fence, and giving back that of
another worker only lets the record be pressed twice.
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
    """Return the open submissions whose record nobody has pressed and nobody is pressing."""
    return Submission.filter(
        stage__in=OPEN_STAGES,
        preview_path=None,
        press_due_at__lte=now(),
        press_attempts__lt=MAX_ATTEMPTS,
    )


async def give_back(session_id: str) -> None:
    """Let a press that was cut short be claimed at once; it counts as no attempt."""
    claimed = Submission.filter(session_id=session_id, preview_path=None, press_attempts__gt=0)
    await claimed.update(press_due_at=now(), press_attempts=F("press_attempts") - 1)


async def claim(session_id: str) -> bool:
    """Claim the press of one submission for a minute; False when it is not due."""
    claimed = due().filter(session_id=session_id)
    return bool(
        await claimed.update(
            press_due_at=now() + TIME_LIMIT, press_attempts=F("press_attempts") + 1
        )
    )
