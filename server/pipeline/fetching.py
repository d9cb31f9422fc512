"""Polls the song service for the state of a song; only its own answer is trusted.

A song times out only if the service reports it unfinished, or has been unreachable for hours.
Downtime of ours is no reason: the song may be finished, and it is paid for.
"""

from datetime import timedelta

import structlog

from server.clock import now
from server.errors import SongServiceError
from server.logs.log import short_id
from server.pipeline.leases import Lease, forget_attempts, hold, postpone
from server.pipeline.retries import READY_WITHIN, fail, patience
from server.pipeline.unanswered import adopt_reported
from server.services import Services
from server.songs.service import Outcome
from server.submissions import transitions
from server.submissions.lifecycle import FailureReason, Stage
from server.submissions.model import Submission

logger = structlog.get_logger(__name__)


async def fetch_generation_details(services: Services, session_id: str) -> None:
    """Poll the song service and move the submission on if its song has ended."""
    await adopt_reported(services, session_id)
    async with hold(session_id, Stage.COMPOSING, services.settings.lease_seconds) as lease:
        # Polling cannot crash a worker by itself, so there is no limit on attempts here.
        if lease:
            await _check_generation(services, lease)
    # A task enqueued during the check found the row leased; if the row is due again, enqueue it
    # now.
    if lease is not None and await Submission.exists(
        session_id=session_id, stage=Stage.COMPOSING, next_run_at__lte=now()
    ):
        await services.task_queue.enqueue(transitions.TASK_OF[Stage.COMPOSING], session_id)


async def _check_generation(services: Services, lease: Lease) -> None:
    await postpone(lease, services.settings.generation_poll_interval)
    submission = await Submission.get(session_id=lease.session_id)
    try:
        generation = await services.songs.read_generation(submission.LLM_task_id or "")
    except SongServiceError as error:
        await _tolerate_failed_poll(services, lease, submission, str(error), patience(services))
        return
    is_complete = generation.outcome is not Outcome.SUCCESS or generation.song_url is not None
    if submission.poll_failing_since is not None and is_complete:
        await Submission.filter(session_id=lease.session_id).update(poll_failing_since=None)
    if generation.outcome is Outcome.UNDER_WAY:
        await forget_attempts(lease)
        if is_overdue(services, submission):
            await _time_out(services, lease, "still under way")
    elif generation.outcome is Outcome.FAILURE:
        message = generation.error_message
        logger.warning(
            "generation_failed", session_id=short_id(lease.session_id), error_message=message
        )
        await fail(services, lease, FailureReason.GENERATION_FAILED, message, llm_status="fail")
    elif generation.song_url is None:
        await _tolerate_failed_poll(services, lease, submission, "no song address", READY_WITHIN)
    else:
        await transitions.start_downloading(
            services,
            lease.session_id,
            fence=lease.fence,
            song_url=generation.song_url,
            lyrics=generation.lyrics,
            response=generation.response,
        )


def is_overdue(services: Services, submission: Submission) -> bool:
    """Return whether a song has been composing for longer than WEBHOOK_TIMEOUT_MINUTES."""
    limit = timedelta(minutes=services.settings.webhook_timeout_minutes)
    return submission.sent_to_LLM is not None and now() - submission.sent_to_LLM > limit


async def _tolerate_failed_poll(
    services: Services, lease: Lease, submission: Submission, reason: str, limit: timedelta
) -> None:
    """Poll again later; time out only once `limit` has passed without a usable answer."""
    logger.warning("poll_failed", session_id=short_id(lease.session_id), reason=reason)
    await forget_attempts(lease)
    moment = now()
    since = submission.poll_failing_since
    if since is None:
        await Submission.filter(session_id=lease.session_id).update(poll_failing_since=moment)
    elif moment - since > limit and is_overdue(services, submission):
        await _time_out(services, lease, f"could not be polled: {reason}")


async def _time_out(services: Services, lease: Lease, message: str) -> None:
    logger.warning("generation_timed_out", session_id=short_id(lease.session_id), reason=message)
    await fail(services, lease, FailureReason.TIMEOUT, message, llm_status="timeout")
