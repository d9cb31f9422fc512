"""A valid form -> a row and its photo; the one place where submissions are born.

The row, the browser's quota and the photo come into being together or not at all, and the same
Idempotency-Key makes one submission however often its form is sent; no other form learns of it.
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
    """What the visitor gets; `cookie_id` only when it was issued just now, and never again."""

    session_id: str
    cookie_id: str | None


async def accept(
    services: Services, form: SubmissionForm, idempotency_key: str | None = None
) -> Receipt:
    """Store a submission and set the pipeline to work on it.

    Raises SoldOut, StorageFull, SubmissionLimitReached, IdempotencyKeyReused, FormRejected (the
    photo), PhotosUnavailable or StorageUnavailable; then nothing was stored and no quota used.
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
        owner_name=form.owner_name,
        photo_path=str(photo_path),
        pet_name=form.pet_name,
        pet_type=form.pet_type.value,
        music_vibe=form.music_vibe.value,
        idempotency_key=idempotency_key,
        idempotency_hash=form.hash() if idempotency_key else None,
    )
    photo = await services.photos.clean(form.photo)
    await services.storage.write(photo_path, lambda: photo)
    try:
        await _insert(submission, form.cookie_id, services.settings.form_submit_retry)
    except (IntegrityError, SubmissionLimitReached):
        # Only here is it certain that there is no row. If the answer to a COMMIT is lost there may
        # be one that needs its photo; if there is none, the upkeep removes the orphan.
        await _forget_photo(services.storage, session_id)
        if earlier := await _find_receipt(form, idempotency_key):
            return earlier
        raise
    failpoint("after_accept")
    logger.info("submission_accepted", session_id=short_id(session_id))
    # Together: the visitor waits once for a Redis that does not answer.
    await asyncio.gather(
        services.task_queue.enqueue("make_preview", session_id),
        services.task_queue.enqueue("process_pending_queue"),
    )
    return Receipt(session_id, None if form.cookie_id else cookie_id)


async def find_refusal(services: Services) -> PetsongError | None:
    """Return why nobody can submit at present, None when everybody can."""
    if await is_sold_out(services):
        return SoldOut("the song service's credits are used up")
    if await is_full(services):
        return StorageFull("the disk is as full as STORAGE_STOP_PERCENT allows")
    return None


async def _forget_photo(storage: Storage, session_id: str) -> None:
    # What went wrong before is what the visitor hears of.
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
    # The browser's secret was told once: a key that others may have seen must not buy it.
    return Receipt(submission.session_id, None)


def _is_of(submission: Submission, form: SubmissionForm) -> bool:
    if submission.idempotency_hash is not None:
        return submission.idempotency_hash == form.hash()
    # A web of the release before took it, perhaps a moment ago: what it stored has to do.
    stored = (submission.pet_name, submission.pet_type, submission.music_vibe)
    return (*stored, submission.owner_name) == (
        *(form.pet_name, form.pet_type.value, form.music_vibe.value),
        form.owner_name,
    ) and form.cookie_id in (None, submission.cookie_id)


async def _insert(submission: Submission, known_cookie_id: str | None, limit: int) -> None:
    if known_cookie_id is None:
        # One statement, because most visitors come once: a new browser's first submission is
        # counted when it sends a second.
        await submission.save(force_create=True)
        return
    async with in_transaction():
        # First the row: a repeated request must be found out before it is counted.
        await submission.save(force_create=True)
        await _use_quota(known_cookie_id, limit)


async def _use_quota(cookie_id: str, limit: int) -> None:
    # Counting first and inserting then lets parallel requests through; this UPDATE cannot.
    unused = CookieQuota.filter(cookie_id=cookie_id, used__lt=limit)
    if await unused.update(used=F("used") + 1):
        return
    earlier = await Submission.filter(cookie_id=cookie_id).count() - 1
    quota = CookieQuota(cookie_id=cookie_id, used=earlier)
    await CookieQuota.bulk_create([quota], ignore_conflicts=True)
    if not await unused.update(used=F("used") + 1):
        raise SubmissionLimitReached(attempts_used=limit, max_attempts=limit)
