"""Generation attempts: recorded before the order is sent, concluded once the answer is known."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from server.clock import now, read_steady_s
from server.pipeline.leases import Lease
from server.services import Services
from server.submissions.lifecycle import Stage
from server.submissions.model import GenerationAttempt, Submission
from server.submissions.tokens import new_secret, secret_hash, token_of

ACCEPTED: Final = "accepted"
NOTHING_BOUGHT: Final = "nothing_bought"
UNANSWERED: Final = "unanswered"
UNKNOWN_OUTCOME: Final = Q(outcome=None) | Q(outcome=UNANSWERED)
"""Attempts that may have been paid for."""


@dataclass(frozen=True)
class Attempt:
    """A recorded order: its row id, its webhook token, and until when it may be sent.

    `stale_at_s` is a time of `clock.read_steady_s`.
    """

    id: int
    token: str
    stale_at_s: float


async def find_unanswered(session_id: str) -> list[GenerationAttempt]:
    """Return a submission's attempts that may have been paid for, oldest first."""
    return await GenerationAttempt.filter(UNKNOWN_OUTCOME, session_id=session_id).order_by("id")


async def record_attempt(services: Services, lease: Lease, num_unanswered: int) -> Attempt | None:
    """Record an attempt before the money is spent; None if this worker may no longer order.

    That is the case when the lease was lost (another fence), when a song was adopted meanwhile
    (another stage), or when somebody else recorded an attempt (one more is unanswered).
    """
    secret = new_secret()
    grace = timedelta(seconds=services.settings.ambiguous_grace_seconds)
    stale_at_s = read_steady_s() + lease.length_s
    async with in_transaction() as connection:
        held = Submission.filter(
            session_id=lease.session_id, stage=Stage.SENDING, fence=lease.fence
        ).using_db(connection)
        if not await held.update(next_run_at=now() + grace):
            return None
        unanswered = GenerationAttempt.filter(UNKNOWN_OUTCOME, session_id=lease.session_id)
        if await unanswered.using_db(connection).count() != num_unanswered:
            return None
        row = await GenerationAttempt.create(
            session_id=lease.session_id,
            token_hash=secret_hash(secret),
            created_at=now(),
            using_db=connection,
        )
    return Attempt(row.id, token_of(row.id, secret), stale_at_s)


async def conclude(attempt: Attempt, outcome: str) -> None:
    await GenerationAttempt.filter(id=attempt.id).update(outcome=outcome)
