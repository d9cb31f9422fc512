"""The retry policy: how often a stage is tried, after which waits, and how it fails."""

import random
from datetime import timedelta
from typing import Final

import structlog

from server.logs.log import short_id
from server.pipeline.leases import Lease, forget_attempts, postpone
from server.services import Services
from server.submissions import transitions
from server.submissions.lifecycle import FailureReason

BACKOFF_S: Final = (10.0, 30.0, 60.0)
JITTER: Final = 0.2
READY_WITHIN: Final = timedelta(minutes=10)
"""The service may report a song's URL late, and its host may answer 404 or 403 for the first
minutes after the song is finished."""

logger = structlog.get_logger(__name__)


def backoff_s(attempts: int) -> float:
    """Seconds to wait after `attempts` tries (1 or more), with jitter.

    Jitter keeps submissions that failed together from retrying together.
    """
    base = BACKOFF_S[min(attempts, len(BACKOFF_S)) - 1]
    return base * random.uniform(1 - JITTER, 1 + JITTER)


def patience(services: Services) -> timedelta:
    """How long to wait for a paid song while its service or host is unreachable."""
    return timedelta(hours=services.settings.song_service_patience_hours)


async def retry_or_fail(
    services: Services, lease: Lease, reason: FailureReason, error: str, *, is_final: bool = False
) -> None:
    """Retry the step later, or fail the submission once its attempts are used up."""
    is_last = is_final or lease.attempts >= services.settings.max_retries
    logger.warning(
        "step_failed",
        session_id=short_id(lease.session_id),
        stage=lease.stage.value,
        attempt=lease.attempts,
        error=error,
    )
    if is_last:
        await fail(services, lease, reason, error)
    else:
        await postpone(lease, backoff_s(lease.attempts))


async def is_poison(
    services: Services, lease: Lease, reason: FailureReason, most_deaths: int | None = None
) -> bool:
    """Fail a submission whose attempts all killed their worker; return whether it was one.

    `most_deaths` defaults to MAX_RETRIES.
    """
    if lease.attempts <= (most_deaths or services.settings.max_retries):
        return False
    await fail(services, lease, reason, f"{lease.attempts - 1} workers died running it")
    return True


async def wait(lease: Lease, delay_s: float) -> None:
    """Make the row due again after `delay_s`, without counting an attempt: nothing went wrong."""
    await forget_attempts(lease)
    await postpone(lease, delay_s)


async def fail(
    services: Services,
    lease: Lease,
    reason: FailureReason,
    message: str | None,
    *,
    llm_status: str | None = None,
) -> None:
    """Fail the leased submission; `message` tells operators why."""
    await transitions.fail(
        services,
        lease.session_id,
        reason,
        leaving=lease.stage,
        fence=lease.fence,
        message=message,
        llm_status=llm_status,
    )
