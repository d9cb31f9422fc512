"""`/api/admin`: for operators, with basic authentication; 404 without ADMIN_PASSWORD."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel
from quart import Blueprint, Response

from server.clock import now, to_wire
from server.logs.log import short_id
from server.reports.poison import read_poison_rows
from server.reports.statistics import read_statistics
from server.reports.workers import count_queues, read_living_workers
from server.submissions import operations
from server.submissions.account import is_stopped, read_account
from server.submissions.lifecycle import OPEN_STAGES, SLOT_STAGES, STATUS_OF, EntryStatus, Stage
from server.submissions.model import SongAccount, Submission
from server.web.auth import for_operator, new_ticket
from server.web.context import current_services
from server.web.replies import ErrorReply, reply
from server.web.requests import refuse_foreign_origin
from server.web.routes.documentation import documented

MOST: Final = 50
ERRORS: Final = dict.fromkeys((401, 404, 429, 503), ErrorReply)

admin = Blueprint("admin", __name__, url_prefix="/api/admin")


class PoisonSubmission(BaseModel):
    """A submission that failed because it killed one worker after another."""

    submission: str
    stage: str
    failure_reason: str
    failed_at: str


class OpenSubmission(BaseModel):
    """An open submission; `can_retry` means that its current step can be retried now."""

    submission: str
    stage: str
    since: str
    attempts: int
    can_retry: bool


class FailedSubmission(BaseModel):
    """A failed submission; this is final.

    `failure_message` is the cause as reported by the song service or by a step of ours.
    """

    submission: str
    failure_reason: str
    failure_message: str | None
    failed_at: str


class StoppedOrders(BaseModel):
    """Since when and why orders are stopped, and when the next probe is sent.

    `since` is null if the service works and only asked us to pause.
    """

    since: str | None
    reason: str
    next_probe: str | None


class QueueStatus(BaseModel):
    """The state of the queue; credits are null until they were read.

    Submissions are named by the first characters of their session_id: the oldest 50 open ones, the
    newest 50 failures, and the newest 20 `poison_submissions`. `median_seconds` are medians of the
    last 50 songs by phase.
    """

    pending_submissions: int
    processing_submissions: int
    active_celery_tasks: int
    sonauto_credits: int | None
    last_credits_check: str | None
    credits_age_seconds: int | None
    stages: dict[str, int]
    slots_used: int
    slots: int
    stopped_orders: StoppedOrders | None
    workers: dict[str, int]
    ready_last_hour: int
    failures_last_hour: dict[str, int]
    median_seconds: dict[str, float]
    open_submissions: list[OpenSubmission]
    last_failures: list[FailedSubmission]
    poison_submissions: list[PoisonSubmission]


class Ticket(BaseModel):
    """A ticket that lets the admin page subscribe to changes; valid for a minute."""

    ticket: str


class Done(BaseModel):
    """The operation succeeded."""

    success: bool = True


@admin.get("/queue-status")
@documented({200: QueueStatus, **ERRORS})
@for_operator
async def get_queue_status() -> Response:
    """Return the state of the queue, the credits, the workers and the latest failures."""
    settings = current_services().settings
    account = await read_account()
    checked_at = account.credits_checked_at
    statistics = await read_statistics()
    stages = statistics.stages
    return reply(
        QueueStatus(
            pending_submissions=_count(stages, EntryStatus.PENDING),
            processing_submissions=_count(stages, EntryStatus.PROCESSING),
            active_celery_tasks=await Submission.filter(lease_until__gt=now()).count(),
            sonauto_credits=account.credits,
            last_credits_check=to_wire(checked_at) if checked_at else None,
            credits_age_seconds=int((now() - checked_at).total_seconds()) if checked_at else None,
            stages=dict(stages),
            slots_used=sum(stages[stage] for stage in SLOT_STAGES),
            slots=settings.max_concurrent_requests,
            stopped_orders=_describe_stop(account),
            workers=count_queues(await read_living_workers()),
            ready_last_hour=statistics.ready_last_hour,
            failures_last_hour=dict(statistics.failures_last_hour),
            median_seconds={name: found.median_s for name, found in statistics.phases.items()},
            open_submissions=await _find_open(),
            last_failures=await _find_failures(),
            poison_submissions=await _find_poison(),
        )
    )


@admin.get("/ticket")
@documented({200: Ticket, **ERRORS})
@for_operator
async def get_ticket() -> Response:
    """Return a ticket for subscribing to changes over Socket.IO."""
    return reply(Ticket(ticket=new_ticket(current_services().settings)))


@admin.post("/submissions/<short>/retry")
@documented({200: Done, **ERRORS, 403: ErrorReply, 409: ErrorReply})
@for_operator
async def retry_submission(short: str) -> Response:
    """Retry the current step of a waiting submission now."""
    refuse_foreign_origin()
    row = await operations.find(short)
    if row is None:
        return _unknown()
    if not await operations.retry(current_services(), row.session_id):
        return _impossible("It has ended, is being worked on, or its order may have been paid for.")
    return reply(Done())


@admin.post("/submissions/<short>/fail")
@documented({200: Done, **ERRORS, 403: ErrorReply, 409: ErrorReply})
@for_operator
async def fail_submission(short: str) -> Response:
    """Fail a submission; what was paid for its song is lost."""
    refuse_foreign_origin()
    row = await operations.find(short)
    if row is None:
        return _unknown()
    if not await operations.stop(current_services(), row):
        return _impossible("It has ended or has just moved to another stage.")
    return reply(Done())


def _unknown() -> Response:
    return reply(ErrorReply(error="not_found", message="No submission matches this id."), 404)


def _impossible(message: str) -> Response:
    return reply(ErrorReply(error="conflict", message=message), 409)


def _count(stages: Mapping[str, int], status: EntryStatus) -> int:
    return sum(count for stage, count in stages.items() if STATUS_OF[Stage(stage)] is status)


def _describe_stop(account: SongAccount) -> StoppedOrders | None:
    if not is_stopped(account, now()):
        return None
    next_at = account.next_probe_at or account.paused_until
    return StoppedOrders(
        since=to_wire(account.unavailable_since) if account.unavailable_since else None,
        reason=account.pause_reason or "",
        next_probe=to_wire(next_at) if next_at else None,
    )


async def _find_open() -> list[OpenSubmission]:
    rows = Submission.filter(stage__in=OPEN_STAGES).order_by("created_at").limit(MOST)
    return [
        OpenSubmission(
            submission=short_id(row.session_id),
            stage=row.stage,
            since=to_wire(row.stage_since),
            attempts=row.attempts,
            can_retry=operations.can_retry(row),
        )
        for row in await rows
    ]


async def _find_failures() -> list[FailedSubmission]:
    rows = Submission.filter(stage=Stage.FAILED).order_by("-stage_since").limit(MOST)
    return [
        FailedSubmission(
            submission=short_id(row.session_id),
            failure_reason=row.failure_reason or "",
            failure_message=row.failure_message,
            failed_at=to_wire(row.stage_since),
        )
        for row in await rows
    ]


async def _find_poison() -> list[PoisonSubmission]:
    return [
        PoisonSubmission(
            submission=short_id(row.session_id),
            stage=row.stage.value,
            failure_reason=row.failure_reason,
            failed_at=to_wire(row.failed_at),
        )
        for row in await read_poison_rows(current_services().settings.max_retries)
    ]
