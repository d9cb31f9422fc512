"""Our account at the song service: its last known balance, and whether orders may be sent.

Unknown credits are not zero credits: only a balance that was read and is too small stops
submissions.

Errors that would hit every order (the service is down, it has moved, our key is wrong) stop all
orders. From then on one submission at a time is sent as a probe, after waits of 10, 30, 60, 120 and
then 300 s, until an order succeeds. `failed_probes` counts the failures; 0 means that the service
works.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog
from tortoise.expressions import F, Q

from server.clock import now
from server.services import Services
from server.settings import Settings
from server.submissions.lifecycle import Stage
from server.submissions.model import SongAccount, Submission
from server.submissions.ttl_cache import TtlCache

PROBE_STEPS: Final = (1, 3, 6, 12, 30)
"""The waits before the first probe, the second and so on, in units of ORDER_PROBE_SECONDS."""

logger = structlog.get_logger(__name__)


async def read_account() -> SongAccount:
    """The account's row, created by a migration."""
    return await SongAccount.get(id=1)


def is_too_low(credits_left: int | None, settings: Settings) -> bool:
    """Return whether a balance is known and does not pay for one song."""
    return credits_left is not None and credits_left < settings.song_credits


def is_stopped(account: SongAccount, moment: datetime) -> bool:
    """Return whether orders are stopped: during a pause, or until a probe succeeds."""
    is_paused = account.paused_until is not None and account.paused_until > moment
    return is_paused or account.failed_probes > 0


async def is_sold_out(services: Services) -> bool:
    """Return whether no song can be paid for; at most a second old."""
    return is_too_low(await _balance.get(), services.settings)


async def store_balance(services: Services, credits_left: int, checked_at: datetime) -> None:
    """Store a balance that was just read, and log it at the matching level."""
    await SongAccount.filter(id=1).update(credits=credits_left, credits_checked_at=checked_at)
    if is_too_low(credits_left, services.settings):
        logger.critical("credits_exhausted", credits=credits_left)
    elif credits_left < services.settings.min_available_credits:
        logger.warning("credits_low", credits=credits_left)
    else:
        logger.info("credits_available", credits=credits_left)


async def pause(reason: str, seconds: float) -> None:
    """Pause orders for `seconds`; a longer pause stays in force."""
    until = now() + timedelta(seconds=seconds)
    shorter = SongAccount.filter(Q(paused_until=None) | Q(paused_until__lt=until), id=1)
    await shorter.update(paused_until=until, pause_reason=reason[:100])


async def note_failure(
    services: Services, reason: str, *, is_probe: bool, retry_after_s: float = 0.0
) -> bool:
    """Stop all orders because the service failed, not the submission; return whether that is new.

    Orders that were sent at the same time count as one failure: only the first one and probes
    count.
    """
    if retry_after_s:
        await pause(reason, retry_after_s)
    moment = now()
    account = await read_account()
    until = moment + timedelta(seconds=_wait_s(services, account.failed_probes))
    facts = {"next_probe_at": until, "pause_reason": reason[:100]}
    first = SongAccount.filter(id=1, failed_probes=0)
    if await first.update(failed_probes=1, unavailable_since=moment, recovered_at=None, **facts):
        logger.critical("song_service_unavailable", reason=reason)
        return True
    if is_probe:
        await SongAccount.filter(id=1, failed_probes__gt=0).update(**facts)
        wait_s = (until - moment).total_seconds()
        logger.warning("song_service_still_unavailable", reason=reason, next_probe_s=wait_s)
    return False


async def note_success(services: Services) -> None:
    """Resume orders if they were stopped: the service has accepted an order.

    A pause that the service asked for stays in force.
    """
    account = await read_account()
    if not account.failed_probes:
        return
    moment = now()
    stopped = SongAccount.filter(id=1, failed_probes__gt=0)
    changes = {"unavailable_since": None, "next_probe_at": None}
    if not await stopped.update(failed_probes=0, **changes):
        return
    await note_reach(is_reached=True)
    # Failed probes were put behind the others. Now everybody is served in order of arrival, except
    # submissions on which the service has failed before.
    late = Submission.filter(stage=Stage.QUEUED, next_run_at__gt=moment, retry_count__lt=2)
    await late.update(next_run_at=moment)
    since = account.unavailable_since or moment
    logger.info("song_service_available", after_s=round((moment - since).total_seconds()))
    await services.task_queue.enqueue("process_pending_queue")


async def note_reach(*, is_reached: bool) -> None:
    """Record since when the service's API has been answering, or that it does not."""
    account = SongAccount.filter(id=1)
    if is_reached:
        await account.filter(recovered_at=None).update(recovered_at=now())
    else:
        await account.update(recovered_at=None)


async def claim_probe(services: Services) -> bool:
    """Claim the next probe; False if none is due.

    A probe counts as failed until `note_success`, so that the next one is delayed even if this
    worker dies.
    """
    account = await read_account()
    moment = now()
    longest_s = 3 * services.settings.api_request_timeout_seconds
    until = moment + timedelta(seconds=longest_s + _wait_s(services, account.failed_probes + 1))
    due = SongAccount.filter(
        Q(paused_until=None) | Q(paused_until__lte=moment),
        Q(next_probe_at=None) | Q(next_probe_at__lte=moment),
        id=1,
        failed_probes=account.failed_probes,
        failed_probes__gt=0,
    )
    return bool(await due.update(failed_probes=F("failed_probes") + 1, next_probe_at=until))


async def put_off_probe(services: Services) -> None:
    """Schedule the next probe after the usual wait: this one could not order because of us."""
    account = await read_account()
    until = now() + timedelta(seconds=_wait_s(services, account.failed_probes))
    await SongAccount.filter(id=1, failed_probes__gt=0).update(next_probe_at=until)


def _wait_s(services: Services, failed_probes: int) -> float:
    step = PROBE_STEPS[min(max(failed_probes, 1), len(PROBE_STEPS)) - 1]
    return step * services.settings.order_probe_seconds


async def _read_balance() -> int | None:
    return (await read_account()).credits


_balance: Final = TtlCache(_read_balance, lifetime_s=1.0)
