"""The step that spends money: one order for a song, and what its answer allows us to do next.

An attempt is written down before the request leaves. While its answer is unknown nothing is sent
again for a grace period, in which a webhook may still tell of the song; then it is sent once more.
While the service fails everybody, nothing is sent but one probe at a time (see account.py).
"""

import asyncio
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import structlog
from tortoise.expressions import F

from server.clock import now, read_steady_s
from server.crashes import crash_point
from server.database import TROUBLE, is_trouble
from server.errors import (
    Paused,
    Refused,
    SongServiceError,
    Unanswered,
    Unavailable,
)
from server.log import short_id
from server.pipeline.attempts import (
    ACCEPTED,
    NOTHING_BOUGHT,
    UNANSWERED,
    Attempt,
    conclude,
    find_unanswered,
    write_down,
)
from server.pipeline.leases import Lease, forget_attempts, hold, postpone
from server.pipeline.probing import reaches
from server.pipeline.retries import fail
from server.services import Services
from server.sonauto import SongOrder
from server.submissions import account, transitions
from server.submissions.lifecycle import FailureReason, Stage
from server.submissions.model import GenerationAttempt, SongAccount, Submission

MAX_UNANSWERED: Final = 2
"""One extra payment at the most for a submission, however often answers are lost."""
MAX_OUTAGES: Final = 5
"""A submission at which the service breaks down so often, while it serves others, is to blame."""

DATABASE_RETRY_S: Final = 1.0

logger = structlog.get_logger(__name__)


class _TooLate(Exception):
    """Whoever was to order was frozen for so long that somebody else may have ordered."""


async def send_to_sonauto(services: Services, session_id: str) -> None:
    """Order the song of a submission that holds a slot."""
    async with hold(session_id, Stage.SENDING, services.settings.lease_seconds) as lease:
        if lease is None:
            return
        state = await account.read_account()
        lost = await find_unanswered(session_id)
        if lost and await _is_too_early(services, lease, state, lost[-1].created_at):
            return
        if len(lost) >= MAX_UNANSWERED:
            await fail(services, lease, FailureReason.SERVICE_ERROR, "two orders had no answer")
            return
        # Read before, so that nothing of ours can fail between the note and the order.
        wishes = await _read_wishes(session_id)
        attempt = await write_down(services, lease, len(lost))
        if attempt is not None:
            crash_point("before_order")
            await order(services, lease, attempt, wishes, is_probe=state.failed_probes > 0)


async def _is_too_early(
    services: Services, lease: Lease, state: SongAccount, ordered_at: datetime
) -> bool:
    """Postpone an order whose answer was lost, until a webhook has had time to tell of it.

    A service that was away or hung may take up such an order as it comes back: the grace period
    begins anew then.
    """
    grace = timedelta(seconds=services.settings.ambiguous_grace_seconds)
    wait = max(ordered_at, state.recovered_at or ordered_at) + grace - now()
    if state.failed_probes:
        if await account.claim_probe(services) and await reaches(services):
            await account.note_success(services)
        wait = grace
    if wait <= timedelta():
        return False
    await forget_attempts(lease)
    await postpone(lease, wait.total_seconds())
    return True


async def adopt_reported(services: Services, session_id: str) -> None:
    """Take over the song a webhook told of while our own request's answer is missing.

    The song service must know the generation; the webhook's word alone moves nothing.
    """
    waits = Submission.filter(session_id=session_id, stage__in=(Stage.QUEUED, Stage.SENDING))
    if not await waits.exists():
        return
    reports = GenerationAttempt.filter(session_id=session_id).exclude(reported_task_id=None)
    for attempt in await reports:
        task_id = attempt.reported_task_id or ""
        try:
            await services.songs.read_generation(task_id)
        except SongServiceError:
            logger.warning("report_not_confirmed", session_id=short_id(session_id))
            continue
        if await transitions.start_composing(services, session_id, task_id):
            logger.info("generation_adopted", session_id=short_id(session_id))
            await account.note_success(services)
            return
    # The answer may have come meanwhile; then the ring was for the state it brought.
    await Submission.filter(session_id=session_id, stage=Stage.COMPOSING).update(next_run_at=now())


async def order(
    services: Services, lease: Lease, attempt: Attempt, wishes: SongOrder, *, is_probe: bool
) -> None:
    """Send an order that is written down, and put the submission where its answer wants it."""
    session_id = lease.session_id
    try:
        task_id = await _generate(services, session_id, attempt, wishes)
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
    crash_point("after_order")
    await _keep_answer(services, lease, attempt, task_id)
    await account.note_success(services)


async def _go_back(
    services: Services, lease: Lease, error: SongServiceError, *, is_probe: bool
) -> None:
    """Put a submission whose order bought nothing where the reason wants it."""
    session_id = lease.session_id
    match error:
        case Refused():
            logger.warning("order_refused", session_id=short_id(session_id), reason=str(error))
            await account.note_success(services)
            await fail(services, lease, FailureReason.REJECTED, str(error))
        case Paused():
            logger.warning("song_service_paused", seconds=error.retry_after_s)
            await account.note_success(services)
            await account.pause(str(error), error.retry_after_s)
            await transitions.requeue(services, session_id, fence=lease.fence, delay_s=0)
        case _:
            logger.warning("order_failed", session_id=short_id(session_id), reason=str(error))
            await _wait_for_service(services, lease, error, is_probe=is_probe)


async def _wait_for_service(
    services: Services, lease: Lease, error: SongServiceError, *, is_probe: bool
) -> None:
    """Stop all orders, and let the others try before this submission tries again."""
    retry_after_s = error.retry_after_s if isinstance(error, Unavailable) else 0.0
    if isinstance(error, Unavailable) and error.status == HTTPStatus.PAYMENT_REQUIRED:
        await services.doorbell.ring("check_credits")
    is_new = await account.note_failure(
        services, str(error), is_probe=is_probe, retry_after_s=retry_after_s
    )
    rows = Submission.filter(session_id=lease.session_id, fence=lease.fence)
    if is_new:
        await rows.update(retry_count=F("retry_count") + 1)
    submission = await Submission.get(session_id=lease.session_id)
    if submission.retry_count >= MAX_OUTAGES:
        await fail(services, lease, FailureReason.SERVICE_ERROR, str(error))
        return
    until = (await account.read_account()).paused_until
    delay_s = (until - now()).total_seconds() + 1 if until else 0.0
    await transitions.requeue(services, lease.session_id, fence=lease.fence, delay_s=delay_s)


async def _keep_answer(services: Services, lease: Lease, attempt: Attempt, task_id: str) -> None:
    """Write down what was bought, as soon as the database lets us and while the grace lasts."""
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
            logger.error("order_not_written_down", session_id=short_id(session_id))
            await asyncio.sleep(DATABASE_RETRY_S)


async def _read_wishes(session_id: str) -> SongOrder:
    submission = await Submission.get(session_id=session_id)
    return SongOrder(
        owner_name=submission.owner_name,
        pet_name=submission.pet_name,
        pet_type=submission.pet_type,
        music_vibe=submission.music_vibe,
    )


async def _generate(
    services: Services, session_id: str, attempt: Attempt, wishes: SongOrder
) -> str:
    webhook_url = f"{services.settings.webhook_base_url.rstrip('/')}/api/webhook/{attempt.token}"
    if read_steady_s() > attempt.stale_at_s:
        raise _TooLate
    try:
        return await services.songs.generate(wishes, webhook_url)
    except Refused as error:
        if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        # The list of tags is closed and unknown to us: say the same in words, once.
        logger.warning("tags_refused", session_id=short_id(session_id), vibe=wishes.music_vibe)
        return await services.songs.generate(wishes, webhook_url, are_tags_sent=False)
