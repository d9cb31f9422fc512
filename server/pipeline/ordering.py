"""The step that spends money: orders one song and acts on the answer.

An attempt is recorded before the request is sent. If the answer is lost, nothing is sent for a
grace period, in which a webhook may still report the song; then the order is sent once more. While
the song service is failing, only one probe at a time is sent (see account.py).
"""

import asyncio
from http import HTTPStatus
from typing import Final

import structlog
from tortoise.expressions import F

from server.clock import now, read_steady_s
from server.database.connection import TROUBLE, is_trouble
from server.errors import (
    Paused,
    Refused,
    SongServiceError,
    Unanswered,
    Unavailable,
)
from server.logs.log import short_id
from server.pipeline.attempts import (
    ACCEPTED,
    NOTHING_BOUGHT,
    UNANSWERED,
    Attempt,
    conclude,
    find_unanswered,
    record_attempt,
)
from server.pipeline.leases import Lease, hold
from server.pipeline.retries import fail, patience
from server.pipeline.unanswered import is_stopped_for, is_too_early
from server.process.failpoints import failpoint
from server.services import Services
from server.songs.service import SongOrder
from server.submissions import account, transitions
from server.submissions.lifecycle import FailureReason, Stage
from server.submissions.model import Submission

MAX_UNANSWERED: Final = 2
"""At most one extra payment per submission, however many answers are lost."""
MAX_OUTAGES: Final = 24
"""A submission that has met so many outages, while others are served, is itself the cause."""
BACKOFF_S: Final = 60.0
LONGEST_BACKOFF_S: Final = 3600.0
"""Such a submission waits up to this long while others go ahead: MAX_OUTAGES of them take most of a
day."""

DATABASE_RETRY_S: Final = 1.0

logger = structlog.get_logger(__name__)


class _TooLate(Exception):
    """This worker was frozen for so long that another may have ordered."""


async def send_to_sonauto(services: Services, session_id: str) -> None:
    """Order the song of a submission in `sending`."""
    async with hold(session_id, Stage.SENDING, services.settings.lease_seconds) as lease:
        if lease is None:
            return
        state = await account.read_account()
        submission = await Submission.get(session_id=session_id)
        lost = await find_unanswered(session_id)
        if lost and await is_too_early(services, lease, state, submission, lost):
            return
        if is_stopped_for(state, submission):
            await transitions.requeue(services, session_id, fence=lease.fence, delay_s=0)
            return
        if len(lost) >= MAX_UNANSWERED:
            await fail(services, lease, FailureReason.SERVICE_ERROR, "two orders went unanswered")
            return
        # Read first, so that nothing of ours can fail between recording the attempt and ordering.
        song_order = _read_song_order(submission)
        attempt = await record_attempt(services, lease, len(lost))
        if attempt is not None:
            failpoint("before_order")
            await order(services, lease, attempt, song_order, is_probe=state.failed_probes > 0)


async def order(
    services: Services, lease: Lease, attempt: Attempt, song_order: SongOrder, *, is_probe: bool
) -> None:
    """Send a recorded order and move the submission according to the answer."""
    session_id = lease.session_id
    try:
        task_id = await _generate(services, session_id, attempt, song_order)
    except Unanswered as error:
        logger.warning("order_unanswered", session_id=short_id(session_id), reason=str(error))
        await conclude(attempt, UNANSWERED)
        await account.note_failure(services, str(error), is_probe=is_probe)
        return
    except SongServiceError as error:
        await conclude(attempt, NOTHING_BOUGHT)
        await _go_back(services, lease, error, is_probe=is_probe)
        return
    except _TooLate:
        logger.warning("order_too_late", session_id=short_id(session_id))
        await conclude(attempt, NOTHING_BOUGHT)
        return
    failpoint("after_order")
    await _record_purchase(services, lease, attempt, task_id)
    await account.note_success(services)


async def _go_back(
    services: Services, lease: Lease, error: SongServiceError, *, is_probe: bool
) -> None:
    """Requeue or fail a submission whose order bought nothing, depending on the error."""
    session_id = lease.session_id
    match error:
        case Refused():
            logger.warning("order_refused", session_id=short_id(session_id), reason=str(error))
            await account.note_success(services)
            await fail(services, lease, FailureReason.REJECTED, str(error))
        case Paused():
            logger.warning("song_service_paused", seconds=error.retry_after_s)
            await account.pause(str(error), error.retry_after_s)
            await transitions.requeue(services, session_id, fence=lease.fence, delay_s=0)
        case _:
            logger.warning("order_failed", session_id=short_id(session_id), reason=str(error))
            await _wait_for_service(services, lease, error, is_probe=is_probe)


async def _wait_for_service(
    services: Services, lease: Lease, error: SongServiceError, *, is_probe: bool
) -> None:
    """Stop all orders, and let other submissions try before this one tries again."""
    retry_after_s = error.retry_after_s if isinstance(error, Unavailable) else 0.0
    if isinstance(error, Unavailable) and error.status == HTTPStatus.PAYMENT_REQUIRED:
        await services.task_queue.enqueue("check_credits")
    is_new = await account.note_failure(
        services, str(error), is_probe=is_probe, retry_after_s=retry_after_s
    )
    rows = Submission.filter(session_id=lease.session_id, fence=lease.fence)
    if is_new:
        await rows.update(retry_count=F("retry_count") + 1)
    submission = await Submission.get(session_id=lease.session_id)
    waited = now() - submission.created_at
    is_hopeless = (is_new or is_probe) and waited > patience(services)
    if submission.retry_count >= MAX_OUTAGES or is_hopeless:
        await fail(services, lease, FailureReason.SERVICE_ERROR, str(error))
        return
    until = (await account.read_account()).next_probe_at
    delay_s = (until - now()).total_seconds() + 1 if until else 0.0
    if submission.retry_count > 1:
        # The service has failed on this submission before, possibly because of it.
        own_s = min(LONGEST_BACKOFF_S, BACKOFF_S * 4 ** (submission.retry_count - 2))
        delay_s = max(delay_s, own_s)
    await transitions.requeue(services, lease.session_id, fence=lease.fence, delay_s=delay_s)


async def _record_purchase(
    services: Services, lease: Lease, attempt: Attempt, task_id: str
) -> None:
    """Record the purchase as soon as the database allows, retrying for the grace period."""
    session_id = lease.session_id
    grace_s = services.settings.ambiguous_grace_seconds
    give_up_at_s = read_steady_s() + grace_s
    while True:
        try:
            if await transitions.start_composing(services, session_id, task_id, fence=lease.fence):
                await conclude(attempt, ACCEPTED)
                return
            ours = Submission.filter(session_id=session_id, LLM_task_id=task_id)
            await conclude(attempt, ACCEPTED if await ours.exists() else UNANSWERED)
            return
        except TROUBLE as error:
            if not is_trouble(error) or read_steady_s() > give_up_at_s:
                logger.critical("order_forgotten", session_id=short_id(session_id))
                raise
            logger.error("order_not_recorded", session_id=short_id(session_id))
            await asyncio.sleep(DATABASE_RETRY_S)


def _read_song_order(submission: Submission) -> SongOrder:
    return SongOrder(
        owner_name=submission.owner_name,
        pet_name=submission.pet_name,
        pet_type=submission.pet_type,
        music_vibe=submission.music_vibe,
    )


async def _generate(
    services: Services, session_id: str, attempt: Attempt, song_order: SongOrder
) -> str:
    webhook_url = services.settings.webhook_url(attempt.token)
    _require_fresh(attempt)
    try:
        return await services.songs.generate(song_order, webhook_url)
    except Refused as error:
        if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        # The service accepts only tags from a list that we don't know: retry once with the tags in
        # words.
        logger.warning("tags_refused", session_id=short_id(session_id), vibe=song_order.music_vibe)
        _require_fresh(attempt)
        return await services.songs.generate(song_order, webhook_url, are_tags_sent=False)


def _require_fresh(attempt: Attempt) -> None:
    if read_steady_s() > attempt.stale_at_s:
        raise _TooLate
