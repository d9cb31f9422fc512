"""What `petsong status` and `petsong doctor` look at; nothing here changes anything."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError
from tortoise.functions import Count

from renderer import RenderError, check_assets
from renderer.probe import choose
from server.clock import to_wire
from server.database import open_database
from server.errors import PetsongError
from server.files import MAX_FILES, read_hard_limit
from server.settings import Settings
from server.storage import open_storage
from server.submissions.account import read_account
from server.submissions.lifecycle import Stage
from server.submissions.model import Submission


@dataclass(frozen=True)
class Finding:
    """One line of `petsong doctor`; with `is_warning` the site runs, but not for everybody."""

    subject: str
    is_ok: bool
    text: str
    is_warning: bool = False


async def read_status(settings: Settings) -> list[tuple[str, str]]:
    """Return label and value of each line of `petsong status`."""
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
        return [*lines, ("credits", credits_left + age), ("storage", storage.text)]


async def examine(settings: Settings) -> list[Finding]:
    """Try each part the site needs and return what was found, broken parts included."""
    return [
        await _try("database", lambda: _reach_database(settings)),
        await _try("redis", lambda: _reach_redis(settings)),
        await _try("storage", lambda: _try_storage(settings)),
        await _try("assets", _load_assets),
        await _try("encoder", lambda: _open_encoder(settings)),
        _count_files(),
        Finding("films", True, _describe_films(settings)),
        Finding("songs", True, "demo composer" if settings.is_simulated else "song service"),
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


async def _load_assets() -> str:
    check_assets()
    return "all there"


async def _open_encoder(settings: Settings) -> str:
    choice = choose(settings.render_encoder)
    return f"{choice.encoder} ({choice.fallback})" if choice.fallback else choice.encoder


def _count_files() -> Finding:
    hard = read_hard_limit()
    text = f"{hard} may be open in a process"
    if hard < MAX_FILES:
        text += f", and {MAX_FILES} are wanted; raise the hard limit (ulimit -Hn)"
    return Finding("files", True, text, is_warning=hard < MAX_FILES)


def _describe_films(settings: Settings) -> str:
    return ", ".join(
        f"{name} {spec.width_px}x{spec.height_px} at {spec.fps} fps"
        for name, spec in settings.films.items()
    )
