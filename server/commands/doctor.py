"""The checks of `petsong status` and `petsong doctor`; they change nothing."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError
from tortoise import connections
from tortoise.functions import Count

from renderer import RenderError, RenderPool
from server.clock import to_wire
from server.commands import probes
from server.database.connection import open_database
from server.errors import PetsongError
from server.process.open_files import MAX_FILES, read_hard_limit
from server.reports.workers import count_queues, read_living_workers
from server.settings import Settings
from server.songs.sonauto import Sonauto
from server.storage import open_storage
from server.submissions.account import read_account
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission

MAX_SKEW_S: Final = 5.0


@dataclass(frozen=True)
class Finding:
    """One line of `petsong doctor`; with `is_warning` the site runs, but with limitations."""

    subject: str
    is_ok: bool
    text: str
    is_warning: bool = False


async def read_status(settings: Settings) -> list[tuple[str, str]]:
    storage = await _try("storage", lambda: _try_storage(settings))
    async with open_database(settings):
        counts = (
            await Submission.all()
            .annotate(rows=Count("session_id"))
            .group_by("stage")
            .values_list("stage", "rows")
        )
        by_stage = dict(counts)
        lines = [(stage.value, str(by_stage.get(stage.value, 0))) for stage in Stage]
        account = await read_account()
        credits_left = "unknown" if account.credits is None else str(account.credits)
        checked_at = account.credits_checked_at
        age = f" (checked {to_wire(checked_at)})" if checked_at else ""
        workers = count_queues(await read_living_workers())
        lines += [(f"workers {queue}", str(count)) for queue, count in workers.items()]
        return [*lines, ("credits", credits_left + age), ("storage", storage.text)]


async def examine(settings: Settings) -> list[Finding]:
    """Check everything the site needs; failures are returned as findings."""
    return [
        await _try("database", lambda: _reach_database(settings)),
        await _try("redis", lambda: _reach_redis(settings)),
        await _examine_storage(settings),
        await _try("renderer", lambda: _start_renderer(settings)),
        _count_files(),
        Finding("videos", True, _describe_videos(settings)),
        await _try("songs", lambda: _ask_song_service(settings)),
        await _reach_webhook(settings),
        await _compare_clocks(settings),
    ]


async def _try(subject: str, look: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(subject, True, await look())
    except (PetsongError, RenderError, RedisError, OSError) as error:
        return Finding(subject, False, str(error))


async def _reach_database(settings: Settings) -> str:
    async with open_database(settings):
        await Submission.all().count()
    return "SQLite" if settings.is_embedded else "PostgreSQL"


async def _reach_redis(settings: Settings) -> str:
    if settings.redis_url is None:
        return "not used, everything runs in one process"
    async with Redis.from_url(settings.redis_url) as redis:
        await redis.ping()
    return "connected"


async def _try_storage(settings: Settings) -> str:
    async with open_storage(settings) as storage:
        return await storage.check()


async def _examine_storage(settings: Settings) -> Finding:
    finding = await _try("storage", lambda: _try_storage(settings))
    if not finding.is_ok:
        return finding
    async with open_storage(settings) as storage:
        used_percent = await storage.measure_use() or 0
    return replace(finding, is_warning=used_percent >= settings.storage_warning_percent)


async def _ask_song_service(settings: Settings) -> str:
    if settings.is_simulated:
        return "simulator"
    hasty = settings.model_copy(update={"api_request_timeout_seconds": probes.TIMEOUT_S})
    async with Sonauto(hasty) as songs:
        return f"song service, {await songs.read_credits()} credits"


async def _reach_webhook(settings: Settings) -> Finding:
    # Only a warning, because nothing responds there before the site is started.
    if settings.is_simulated:
        return Finding("webhook", True, "on this machine")
    url = settings.webhook_base_url
    try:
        is_ours = await probes.is_alive(url)
    except OSError as error:
        text = f"{url} does not respond ({error}); songs are found by polling, and take longer"
        return Finding("webhook", True, text, is_warning=True)
    if not is_ours:
        return Finding("webhook", True, f"another site responds at {url}", is_warning=True)
    if not url.startswith("https:"):
        return Finding("webhook", True, f"{url} is not an https:// URL", is_warning=True)
    return Finding("webhook", True, f"{url} responds")


async def _compare_clocks(settings: Settings) -> Finding:
    skews: dict[str, float | None] = {}
    with suppress(PetsongError, OSError):
        if not settings.is_embedded:
            async with open_database(settings):
                (row,) = await connections.all()[0].execute_query_dict("SELECT now() AS moment")
                skews["the database"] = probes.skew_to(row["moment"])
    with suppress(OSError):
        if not settings.is_simulated:
            skews["the song service"] = await probes.measure_skew(settings.external_api_url)
    known = {name: skew_s for name, skew_s in skews.items() if skew_s is not None}
    if not known:
        return Finding("clock", True, "no other clock to compare with")
    text = ", ".join(f"{skew_s:+.0f} s to {name}" for name, skew_s in known.items())
    is_wrong = any(abs(skew_s) > MAX_SKEW_S for skew_s in known.values())
    return Finding("clock", True, text, is_warning=is_wrong)


async def _start_renderer(settings: Settings) -> str:
    if find_spec("cv2") is None:
        return "not installed; this host does not render"
    async with RenderPool(encoder=settings.render_encoder) as renders:
        choice = await renders.start()
    return f"{choice.encoder} ({choice.fallback})" if choice.fallback else choice.encoder


def _count_files() -> Finding:
    hard = read_hard_limit()
    text = f"{hard} open files allowed per process"
    if hard < MAX_FILES:
        text += f", {MAX_FILES} recommended: raise the hard limit (ulimit -Hn)"
    return Finding("files", True, text, is_warning=hard < MAX_FILES)


def _describe_videos(settings: Settings) -> str:
    return ", ".join(
        f"{name} {spec.width_px}x{spec.height_px} at {spec.fps} fps"
        for name, spec in settings.formats.items()
    )
