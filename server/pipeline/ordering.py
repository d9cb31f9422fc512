"""The step that spends money: one order for a song, and what its answer allows us to do next.

An attempt is written down before the request leaves. While its answer is unknown nothing is sent
again for a grace period, in which a webhook may still tell of the song; then it is sent once more.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import Final

import structlog
from tortoise.expressions import F, Q
from tortoise.transactions import in_transaction

from server.clock import now
from server.crashes import crash_point
from server.errors import (
    NeverReached,
    Paused,
    Refused,
    SongServiceError,
    Unanswered,
    Unavailable,
)
from server.log import short_id
from server.pipeline.leases import Lease, hold
from server.pipeline.retries import backoff_s
from server.services import Services
from server.sonauto import SongOrder
from server.submissions import account, transitions
from server.submissions.lifecycle import FailureReason, Stage
from server.submissions.model import GenerationAttempt, Submission
from server.submissions.tokens import new_secret, secret_hash, token_of

ACCEPTED: Final = "accepted"
NOTHING_BOUGHT: Final = "nothing_bought"
UNANSWERED: Final = "unanswered"
UNKNOWN_OUTCOME: Final = Q(outcome=None) | Q(outcome=UNANSWERED)
"""Attempts that may have been paid for, as far as we know."""
MAX_UNANSWERED: Final = 2
"""One extra payment at the most for a submission, however often answers are lost."""

logger = structlog.get_logger(__name__)


async def send_to_sonauto(services: Services, session_id: str) -> None:
    """Order the song of a submission that holds a slot."""
    async with hold(session_id, Stage.SENDING, services.settings.lease_seconds) as lease:
        if lease is None:
            return
        lost = await GenerationAttempt.filter(UNKNOWN_OUTCOME, session_id=session_id).count()
        if lost >= MAX_UNANSWERED:
            await _fail(services, lease, FailureReason.SERVICE_ERROR)
            return
        attempt, token = await _write_down(services, lease)
        crash_point("before_order")
        outcome = await _order(services, lease, token)
        await GenerationAttempt.filter(id=attempt.id).update(outcome=outcome)


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
            return
    # The answer may have come meanwhile; then the ring was for the state it brought.
    await Submission.filter(session_id=session_id, stage=Stage.COMPOSING).update(next_run_at=now())


async def _write_down(services: Services, lease: Lease) -> tuple[GenerationAttempt, str]:
    secret = new_secret()
    grace = timedelta(seconds=services.settings.ambiguous_grace_seconds)
    async with in_transaction() as connection:
        rows = Submission.filter(session_id=lease.session_id, fence=lease.fence)
        await rows.using_db(connection).update(next_run_at=now() + grace)
        attempt = await GenerationAttempt.create(
            session_id=lease.session_id, token_hash=secret_hash(secret), using_db=connection
        )
    return attempt, token_of(attempt.id, secret)


async def _order(services: Services, lease: Lease, token: str) -> str:
    session_id = lease.session_id
    try:
        task_id = await _generate(services, session_id, token)
    except Unanswered as error:
        logger.warning("order_unanswered", session_id=short_id(session_id), reason=str(error))
        return UNANSWERED
    except Paused as error:
        level = logger.critical if error.status != HTTPStatus.TOO_MANY_REQUESTS else logger.warning
        level("song_service_paused", status=error.status, seconds=error.retry_after_s)
        await account.pause(str(error), error.retry_after_s)
        await transitions.requeue(services, session_id, fence=lease.fence, delay_s=0)
    except (NeverReached, Unavailable) as error:
        logger.warning("order_failed", session_id=short_id(session_id), reason=str(error))
        await _retry_or_fail(services, lease)
    except Refused as error:
        logger.warning("order_refused", session_id=short_id(session_id), status=error.status)
        await _fail(services, lease, FailureReason.REJECTED)
    else:
        crash_point("after_order")
        if await transitions.start_composing(services, session_id, task_id, fence=lease.fence):
            return ACCEPTED
        still_ours = Submission.filter(session_id=session_id, LLM_task_id=task_id)
        return ACCEPTED if await still_ours.exists() else UNANSWERED
    return NOTHING_BOUGHT


async def _generate(services: Services, session_id: str, token: str) -> str:
    submission = await Submission.get(session_id=session_id)
    order = SongOrder(
        owner_name=submission.owner_name,
        pet_name=submission.pet_name,
        pet_type=submission.pet_type,
        music_vibe=submission.music_vibe,
    )
    webhook_url = f"{services.settings.webhook_base_url.rstrip('/')}/api/webhook/{token}"
    try:
        return await services.songs.generate(order, webhook_url)
    except Refused as error:
        if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        # The list of tags is closed and unknown to us: say the same in words, once.
        logger.warning("tags_refused", session_id=short_id(session_id), vibe=order.music_vibe)
        return await services.songs.generate(order, webhook_url, are_tags_sent=False)


async def _retry_or_fail(services: Services, lease: Lease) -> None:
    rows = Submission.filter(session_id=lease.session_id, fence=lease.fence)
    await rows.update(retry_count=F("retry_count") + 1)
    submission = await Submission.get(session_id=lease.session_id)
    if submission.retry_count >= services.settings.max_retries:
        await _fail(services, lease, FailureReason.SERVICE_ERROR)
        return
    delay_s = backoff_s(submission.retry_count)
    await transitions.requeue(services, lease.session_id, fence=lease.fence, delay_s=delay_s)


async def _fail(services: Services, lease: Lease, reason: FailureReason) -> None:
    await transitions.fail(
        services, lease.session_id, reason, leaving=lease.stage, fence=lease.fence
    )
