"""Leases on rows: a heartbeat keeps a lease alive, a fence number invalidates former holders.

A lease that is not renewed expires, and another worker may claim the row under a higher fence.
Anything the former holder still tries to publish is rejected by `WHERE fence = ...`.

`attempts` counts failures caused by the row itself. Outages of ours (database, disk, object store)
and shutdowns don't count, however long they last.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from tortoise.expressions import F, Q
from tortoise.queryset import QuerySet

from renderer import AssetsMissing, EncoderUnavailable, InputUnreadable, OutputUnwritable
from server.clock import now
from server.database.connection import TROUBLE, is_trouble
from server.logs.log import short_id
from server.storage import StorageUnavailable
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission

BEATS_PER_LEASE: Final = 3
TROUBLE_RETRY_S: Final = 10.0
OUR_TROUBLE: Final = (
    *(StorageUnavailable, InputUnreadable, OutputUnwritable, AssetsMissing, EncoderUnavailable),
    *TROUBLE,
)
"""Errors that are no submission's fault. Disk errors, time-outs and refused connections are
OSErrors."""

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Lease:
    """The right to work on one submission in one stage; `attempts` counts the claims of this stage.

    It expires `length_s` after it was last renewed.
    """

    session_id: str
    stage: Stage
    fence: int
    attempts: int
    length_s: float


@asynccontextmanager
async def hold(session_id: str, stage: Stage, length_s: float) -> AsyncIterator[Lease | None]:
    """Claim a due row for the length of the block; None if it is missing, not due or leased.

    The lease always ends with the block; a row that was not moved keeps its due time. Errors of
    OUR_TROUBLE raised in the block end here: the row is due again soon, uncounted.
    """
    lease = await _claim(session_id, stage, length_s)
    if lease is None:
        yield None
        return
    heartbeat = asyncio.create_task(_beat(lease))
    try:
        yield lease
    except asyncio.CancelledError:
        await asyncio.shield(_release(lease, is_counted=False))
        raise
    except OUR_TROUBLE as error:
        if not is_trouble(error):
            raise
        logger.warning(
            "step_waits",
            session_id=short_id(session_id),
            stage=stage.value,
            reason=str(error) or type(error).__name__,
        )
        await _release_in_time(lease)
    finally:
        heartbeat.cancel()
        with suppress(*TROUBLE):
            await _release(lease, is_counted=True)


async def postpone(lease: Lease, delay_s: float) -> None:
    """Make the row due again only after `delay_s`."""
    await _held(lease).update(next_run_at=now() + timedelta(seconds=delay_s))


async def forget_attempts(lease: Lease) -> None:
    """Reset the count of attempts: there was simply nothing to do yet."""
    await _held(lease).update(attempts=0)


async def is_held(lease: Lease) -> bool:
    """Renew the lease; return whether it is still ours. Called right before publishing a file."""
    lease_until = now() + timedelta(seconds=lease.length_s)
    return bool(await _held(lease).update(lease_until=lease_until))


async def _claim(session_id: str, stage: Stage, length_s: float) -> Lease | None:
    moment = now()
    rows = Submission.filter(is_free(moment), session_id=session_id, stage=stage)
    claimed = await rows.update(
        fence=F("fence") + 1,
        attempts=F("attempts") + 1,
        lease_until=moment + timedelta(seconds=length_s),
    )
    if not claimed:
        return None
    row = await Submission.get(session_id=session_id)
    return Lease(session_id, stage, row.fence, row.attempts, length_s)


def is_free(moment: datetime) -> Q:
    """The condition for claiming a row: it is due and not leased."""
    return (Q(lease_until=None) | Q(lease_until__lt=moment)) & Q(next_run_at__lte=moment)


async def _release(lease: Lease, *, is_counted: bool, delay_s: float = 0.0) -> None:
    changes: dict[str, Any] = {"lease_until": None}
    if not is_counted:
        changes["attempts"] = F("attempts") - 1
    if delay_s:
        changes["next_run_at"] = now() + timedelta(seconds=delay_s)
    # A released lease must not be released again; `lease_until` tells which it is.
    await _held(lease).exclude(lease_until=None).update(**changes)


async def _release_in_time(lease: Lease) -> None:
    """Release the lease, uncounted, as soon as the database allows, while the lease lasts."""
    for _ in range(math.ceil(lease.length_s)):
        try:
            await _release(lease, is_counted=False, delay_s=TROUBLE_RETRY_S)
            return
        except TROUBLE:
            await asyncio.sleep(1)


async def _beat(lease: Lease) -> None:
    while True:
        await asyncio.sleep(lease.length_s / BEATS_PER_LEASE)
        try:
            if not await is_held(lease):
                logger.warning("lease_lost", session_id=short_id(lease.session_id))
                return
        except TROUBLE:
            logger.warning("heartbeat_missed", session_id=short_id(lease.session_id))


def _held(lease: Lease) -> QuerySet[Submission]:
    return Submission.filter(session_id=lease.session_id, stage=lease.stage, fence=lease.fence)
