"""Deletes files and names of submissions past their retention, and orphaned files.

Paths come from ids alone, never from a column. Interrupted runs are repeated, and parallel runs do
no harm.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from server.clock import now
from server.logs.log import short_id
from server.services import Services
from server.storage import Storage, StorageUnavailable
from server.submissions.lifecycle import OPEN_STAGES
from server.submissions.model import Submission
from server.submissions.removal import remove

BATCH: Final = 200
MOST_FAILURES: Final = 20
"""One file may be stuck; after this many failures the storage is, and the next night will do."""
ORPHAN_AGE: Final = timedelta(hours=24)

logger = structlog.get_logger(__name__)


async def clean_up_old_files(services: Services) -> None:
    await _remove_ended(services)
    try:
        await _remove_orphans(services.storage, now() - ORPHAN_AGE)
    except StorageUnavailable as error:
        logger.error("orphans_not_removed", reason=str(error))


async def _remove_ended(services: Services) -> None:
    cutoff = now() - timedelta(days=services.settings.file_retention_days)
    old = Submission.filter(created_at__lt=cutoff, expired_at=None).exclude(stage__in=OPEN_STAGES)
    removed = failures = 0
    last = ""
    while (
        rows := await old.filter(session_id__gt=last)
        .order_by("session_id")
        .limit(BATCH)
        .only("session_id")
    ):
        for row in rows:
            try:
                # Old drafts are removed below, for all submissions with one listing per folder.
                await remove(services, row.session_id, with_drafts=False)
                removed += 1
            except StorageUnavailable as error:
                failures += 1
                session_id = short_id(row.session_id)
                logger.error("files_not_removed", session_id=session_id, reason=str(error))
            if failures >= MOST_FAILURES:
                return
        last = rows[-1].session_id
    logger.info("files_cleaned_up", submissions=removed)


async def _remove_orphans(storage: Storage, cutoff: datetime) -> None:
    # A database without submissions is new or the wrong one: then no file counts as orphaned.
    if not await Submission.exists():
        return
    async for files in storage.list_files():
        old = [file.path for file in files if file.changed_at < cutoff]
        if orphans := await _find_orphans(storage, old):
            await storage.discard(orphans)
            logger.warning("orphans_removed", files=len(orphans))


async def _find_orphans(storage: Storage, paths: Sequence[Path]) -> list[Path]:
    owners = {path: storage.find_owner(path) for path in paths if not storage.is_draft(path)}
    owned = Submission.filter(session_id__in=set(owners.values()) - {None}, expired_at=None)
    living = {row.session_id for row in await owned.only("session_id")}
    # A draft that is still being written would have changed since.
    drafts = [path for path in paths if storage.is_draft(path)]
    return drafts + [path for path, owner in owners.items() if owner and owner not in living]
