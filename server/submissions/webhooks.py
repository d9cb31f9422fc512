"""What a webhook means: a doorbell, never a message; the state is asked of the song service.

A ring is kept in the database before anybody acts on it, so that it survives a crash between.
"""

import structlog
from tortoise.expressions import Q

from server.clock import now
from server.logs.log import short_id
from server.process.failpoints import crash_point
from server.services import Services
from server.submissions.lifecycle import SLOT_STAGES, Stage
from server.submissions.model import GenerationAttempt, Submission
from server.submissions.tokens import NO_ATTEMPT, find_attempt
from server.submissions.transitions import TASK_OF

MAX_TASK_ID = 255
NOBODY = ""
"""The session_id of no submission."""

logger = structlog.get_logger(__name__)


async def ring_by_token(services: Services, token: str, task_id: str | None) -> None:
    """Ring for the generation attempt that `token` was made for; an unknown token is ignored.

    `task_id` is kept where our own request has not been answered yet: then it may be all that is
    ever heard of a song already paid for. The statements are the same whatever the token, so that
    the time of the answer does not tell an unknown one from one that has served its time.
    """
    attempt = await find_attempt(token)
    if task_id and len(task_id) <= MAX_TASK_ID:
        rung = GenerationAttempt.filter(id=attempt.id if attempt else NO_ATTEMPT)
        await rung.filter(reported_task_id=None).update(reported_task_id=task_id)
    await _ring(services, attempt.session_id if attempt else NOBODY)


async def ring_by_task(services: Services, task_id: str) -> bool:
    """Ring for the submission whose generation is `task_id`; False when there is none."""
    submission = await Submission.get_or_none(LLM_task_id=task_id)
    if submission is None:
        return False
    await _ring(services, submission.session_id)
    return True


async def _ring(services: Services, session_id: str) -> None:
    # Making the row due outlives a lost ring, and a check that is just ending sees it.
    due = Submission.filter(session_id=session_id, stage=Stage.COMPOSING)
    await due.update(next_run_at=now())
    crash_point("after_report")
    waits_for_song = Q(stage=Stage.QUEUED) | Q(stage__in=SLOT_STAGES)
    is_awaited = await Submission.filter(waits_for_song, session_id=session_id).exists()
    logger.info("webhook_heard", session_id=short_id(session_id), is_awaited=is_awaited)
    if is_awaited:
        await services.doorbell.ring(TASK_OF[Stage.COMPOSING], session_id)
