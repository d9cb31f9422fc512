"""Orders whose answer was lost: when to send them again, and how to find their song."""

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus

import structlog

from server.clock import now
from server.errors import SongServiceError, Unavailable
from server.logs.log import short_id
from server.pipeline.attempts import find_unanswered
from server.pipeline.leases import Lease
from server.pipeline.retries import wait
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
    """Postpone an order whose answer was lost, so that a webhook has time to report the song.

    A service that was down or hung may process such an order when it recovers, so the grace period
    restarts then. A song reported by a webhook is polled for until the service says that it does
    not know it: ordering again would pay twice.
    """
    session_id = lease.session_id
    if any(attempt.reported_task_id for attempt in lost):
        await adopt_reported(services, session_id)
        if any(attempt.reported_task_id for attempt in await find_unanswered(session_id)):
            await wait(lease, services.settings.generation_poll_interval)
            return True
    grace = timedelta(seconds=services.settings.ambiguous_grace_seconds)
    moment = now()
    ordered_at = lost[-1].created_at
    if moment < ordered_at + grace:
        await wait(lease, (ordered_at + grace - moment).total_seconds())
        return True
    # From here on the order no longer counts as under way, so its slot goes to others.
    if state.failed_probes and is_stopped_for(state, submission):
        return await _release_slot(services, lease, grace)
    well = moment - state.recovered_at if state.recovered_at else grace
    if well >= grace:
        return False
    if state.failed_probes:
        await account.put_off_probe(services)
    return await _release_slot(services, lease, grace - well)


async def _release_slot(services: Services, lease: Lease, wait: timedelta) -> bool:
    delay_s = wait.total_seconds()
    await transitions.requeue(services, lease.session_id, fence=lease.fence, delay_s=delay_s)
    return True


async def adopt_reported(services: Services, session_id: str) -> None:
    """Adopt a song that a webhook reported while the answer to our own request is missing.

    The song service must confirm the generation; a webhook alone changes nothing.
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
                # The report did not come from the service; its own may still come.
                untrue = GenerationAttempt.filter(id=attempt.id, reported_task_id=task_id)
                await untrue.update(reported_task_id=None)
            continue
        if await transitions.start_composing(services, session_id, task_id):
            logger.info("generation_adopted", session_id=short_id(session_id))
            await account.note_success(services)
            return
    # The answer may have arrived meanwhile; then the webhook was about the stage it led to.
    await Submission.filter(session_id=session_id, stage=Stage.COMPOSING).update(next_run_at=now())


def is_stopped_for(state: SongAccount, submission: Submission) -> bool:
    """Return whether orders were stopped after the submission got its slot."""
    if state.unavailable_since is None:
        return account.is_stopped(state, now())
    return submission.stage_since < state.unavailable_since
