"""Accepts a valid form: creates the row and stores the photo.

Row, quota and photo are stored together or not at all. An Idempotency-Key creates one submission
however often its form is sent; another form with the same key is rejected and learns nothing.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import structlog
from tortoise.exceptions import IntegrityError
from tortoise.expressions import F
from tortoise.transactions import in_transaction

from server.clock import now
from server.errors import (
    IdempotencyKeyReused,
    PetsongError,
    SoldOut,
    StorageFull,
    SubmissionLimitReached,
)
from server.ids import new_cookie_id, new_session_id
from server.logs.log import short_id
from server.process.failpoints import failpoint
from server.services import Services
from server.storage import Storage, StorageUnavailable
from server.submissions.account import is_sold_out
from server.submissions.capacity import is_full
from server.submissions.form import SubmissionForm
from server.submissions.model import CookieQuota, Submission

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Receipt:
    """What the visitor gets; `cookie_id` only if it was issued just now."""

    session_id: str
    cookie_id: str | None


async def accept(
    services: Services, form: SubmissionForm, idempotency_key: str | None = None
) -> Receipt:
    """Store a submission and start the pipeline.

    Raises SoldOut, StorageFull, SubmissionLimitReached, IdempotencyKeyReused, FormRejected (the
    photo), PhotosUnavailable or StorageUnavailable; then nothing is stored and no quota is used.
    """
    if refusal := await find_refusal(services):
        if earlier := await _find_receipt(form, idempotency_key):
            return earlier
        raise refusal
    session_id = new_session_id()
    cookie_id = form.cookie_id or new_cookie_id()
    photo_path = services.storage.photo(session_id)
    moment = now()
    submission = Submission(
        session_id=session_id,
        created_at=moment,
        stage_since=moment,
        next_run_at=moment,
        preview_due_at=moment,
        cookie_id=cookie_id,
        photo_path=str(photo_path),
        idempotency_key=idempotency_key,
        idempotency_hash=form.hash() if idempotency_key else None,
        **form.columns(),
    )
    photo = await services.photos.clean(form.photo)
    await services.storage.write(photo_path, lambda: photo)
    try:
        await _insert(submission, form.cookie_id, services.settings.form_submit_retry)
    except (IntegrityError, SubmissionLimitReached):
        # Only here is it certain that there is no row. If the answer to a COMMIT is lost, the row
        # may exist and need its photo; if it does not, the clean-up removes the orphaned file.
        await _forget_photo(services.storage, session_id)
        if earlier := await _find_receipt(form, idempotency_key):
            return earlier
        raise
    failpoint("after_accept")
    logger.info("submission_accepted", session_id=short_id(session_id))
    # In parallel: the visitor waits only once for an unresponsive Redis.
    await asyncio.gather(
        services.task_queue.enqueue("make_preview", session_id),
        services.task_queue.enqueue("process_pending_queue"),
    )
    return Receipt(session_id, None if form.cookie_id else cookie_id)


async def find_refusal(services: Services) -> PetsongError | None:
    """Return why submissions are closed, or None if they are open."""
    if await is_sold_out(services):
        return SoldOut("the song service's credits are used up")
    if await is_full(services):
        return StorageFull("the disk is as full as STORAGE_STOP_PERCENT allows")
    return None


async def _forget_photo(storage: Storage, session_id: str) -> None:
    # The visitor is told of the original error, not of this one.
    with suppress(StorageUnavailable):
        await storage.delete(session_id, with_drafts=False)


async def _find_receipt(form: SubmissionForm, idempotency_key: str | None) -> Receipt | None:
    if idempotency_key is None:
        return None
    submission = await Submission.get_or_none(idempotency_key=idempotency_key)
    if submission is None:
        return None
    if not _is_of(submission, form):
        raise IdempotencyKeyReused("this Idempotency-Key came with another form")
    # The cookie_id is disclosed only once: an Idempotency-Key that others may have seen must not
    # reveal it.
    return Receipt(submission.session_id, None)


def _is_of(submission: Submission, form: SubmissionForm) -> bool:
    if submission.idempotency_hash is not None:
        return submission.idempotency_hash == form.hash()
    # A web process of the previous release stored it without a hash: compare the columns instead.
    is_same = all(getattr(submission, name) == text for name, text in form.columns().items())
    return is_same and form.cookie_id in (None, submission.cookie_id)


async def _insert(submission: Submission, known_cookie_id: str | None, limit: int) -> None:
    if known_cookie_id is None:
        # A single statement, because most visitors come once: a new browser's first submission is
        # counted when it sends a second.
        await submission.save(force_create=True)
        return
    async with in_transaction():
        # The row first: a repeated request must be detected before it is counted.
        await submission.save(force_create=True)
        await _use_quota(known_cookie_id, limit)


async def _use_quota(cookie_id: str, limit: int) -> None:
    # Counting and then inserting would let parallel requests through; this UPDATE does not.
    unused = CookieQuota.filter(cookie_id=cookie_id, used__lt=limit)
    if await unused.update(used=F("used") + 1):
        return
    earlier = await Submission.filter(cookie_id=cookie_id).count() - 1
    quota = CookieQuota(cookie_id=cookie_id, used=earlier)
    await CookieQuota.bulk_create([quota], ignore_conflicts=True)
    if not await unused.update(used=F("used") + 1):
        raise SubmissionLimitReached(attempts_used=limit, max_attempts=limit)
