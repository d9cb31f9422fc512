"""Orders whose answer was lost: when they may be sent again, and how their song is found."""

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus

import structlog

from server.clock import now
from server.errors import SongServiceError, Unavailable
from server.logs.log import short_id
from server.pipeline.attempts import find_unanswered
from server.pipeline.leases import Lease, forget_attempts, postpone
from server.services import Services
from server.submissions import account, transitions
from server.submissions.lifecycle import Stage
from server.submissions.model import GenerationAttempt, SongAccount, Submission

logger = structlog.get_logger(__name__)


async def is_too_early(
    services: Services,
    lease: Lease,
    state: SongAccount,
    submission: Submission,
    lost: Sequence[GenerationAttempt],
) -> bool:
    """Put off an order whose answer was lost, until a webhook has had time to tell of it.

    A service that was away or hung may take up such an order as it comes back: the grace period
    begins anew then. A song that a webhook has named is asked for until the service says that it
    does not know it, for ordering again would surely pay twice.
    """
    session_id = lease.session_id
    if any(attempt.reported_task_id for attempt in lost):
        await adopt_reported(services, session_id)
        if any(attempt.reported_task_id for attempt in await find_unanswered(session_id)):
            await forget_attempts(lease)
            await postpone(lease, services.settings.generation_poll_interval)
            return True
    grace = timedelta(seconds=services.settings.ambiguous_grace_seconds)
    moment = now()
    ordered_at = lost[-1].created_at
    if moment < ordered_at + grace:
        await forget_attempts(lease)
        await postpone(lease, (ordered_at + grace - moment).total_seconds())
        return True
    # From here on it is under way no longer, and gives its slot to others.
    if state.failed_probes and is_stopped_for(state, submission):
        return await _give_slot_back(services, lease, grace)
    well = moment - state.recovered_at if state.recovered_at else grace
    if well >= grace:
        return False
    if state.failed_probes:
        await account.put_off_probe(services)
    return await _give_slot_back(services, lease, grace - well)


async def _give_slot_back(services: Services, lease: Lease, wait: timedelta) -> bool:
    delay_s = wait.total_seconds()
    await transitions.requeue(services, lease.session_id, fence=lease.fence, delay_s=delay_s)
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
        except SongServiceError as error:
            logger.warning("report_not_confirmed", session_id=short_id(session_id))
            if isinstance(error, Unavailable) and error.status == HTTPStatus.NOT_FOUND:
                # It was not the service that told of it; who does may still come.
                untrue = GenerationAttempt.filter(id=attempt.id, reported_task_id=task_id)
                await untrue.update(reported_task_id=None)
            continue
        if await transitions.start_composing(services, session_id, task_id):
            logger.info("generation_adopted", session_id=short_id(session_id))
            await account.note_success(services)
            return
    # The answer may have come meanwhile; then the ring was for the state it brought.
    await Submission.filter(session_id=session_id, stage=Stage.COMPOSING).update(next_run_at=now())


def is_stopped_for(state: SongAccount, submission: Submission) -> bool:
    """Say whether orders were stopped after the submission had got its slot."""
    if state.unavailable_since is None:
        return account.is_stopped(state, now())
    return submission.stage_since < state.unavailable_since
