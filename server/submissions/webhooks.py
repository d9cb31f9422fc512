"""Handles webhooks: each one only triggers a poll, and its content is never trusted.

A webhook is stored before anything acts on it, so that it survives a crash in between.
"""

import structlog
from tortoise.expressions import Q

from server.clock import now
from server.logs.log import short_id
from server.process.failpoints import failpoint
from server.services import Services
from server.submissions.lifecycle import SLOT_STAGES, Stage
from server.submissions.model import GenerationAttempt, Submission
from server.submissions.tokens import NO_ATTEMPT, find_attempt
from server.submissions.transitions import TASK_OF

MAX_TASK_ID = 255
NO_SUBMISSION = ""
"""A session_id that no submission has."""

logger = structlog.get_logger(__name__)


async def receive_webhook(services: Services, token: str, task_id: str | None) -> None:
    """Trigger a poll for the generation attempt of `token`; unknown tokens are ignored.

    `task_id` is stored if our own request was not answered yet: it may be the only trace of a song
    that is already paid for. The statements are the same for any token, so that response times do
    not tell unknown tokens from expired ones.
    """
    attempt = await find_attempt(token)
    if task_id and len(task_id) <= MAX_TASK_ID:
        attempts = GenerationAttempt.filter(id=attempt.id if attempt else NO_ATTEMPT)
        await attempts.filter(reported_task_id=None).update(reported_task_id=task_id)
    await _poll_now(services, attempt.session_id if attempt else NO_SUBMISSION)


async def receive_named_webhook(services: Services, task_id: str) -> bool:
    """Trigger a poll for the generation `task_id`; False if it is unknown."""
    submission = await Submission.get_or_none(LLM_task_id=task_id)
    if submission is None:
        return False
    await _poll_now(services, submission.session_id)
    return True


async def _poll_now(services: Services, session_id: str) -> None:
    # A due row survives a lost message, and a poll that is just ending notices it.
    due = Submission.filter(session_id=session_id, stage=Stage.COMPOSING)
    await due.update(next_run_at=now())
    failpoint("after_report")
    waits_for_song = Q(stage=Stage.QUEUED) | Q(stage__in=SLOT_STAGES)
    is_awaited = await Submission.filter(waits_for_song, session_id=session_id).exists()
    logger.info("webhook_received", session_id=short_id(session_id), is_awaited=is_awaited)
    if is_awaited:
        await services.task_queue.enqueue(TASK_OF[Stage.COMPOSING], session_id)
