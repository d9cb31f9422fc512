"""Where the programs are that tests start: PostgreSQL, Redis, Chromium and promtool.

Invariant: a program found here can be started as it is; nothing is installed here.
"""

import re
import shutil
from pathlib import Path

# Debian and Homebrew keep PostgreSQL off the PATH, one folder per major release.
POSTGRES_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_APPLICATIONS = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)


class ProgramMissing(Exception):
    """A program that the tests start is not installed."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is not installed: `make test` installs it or says how")


def find_postgres() -> Path:
    """Return the folder that holds `initdb` and `postgres`, of the newest release found."""
    root = Path("/")
    folders = [
        folder for pattern in POSTGRES_FOLDERS for folder in root.glob(pattern.removeprefix("/"))
    ]
    if on_path := shutil.which("postgres"):
        folders.append(Path(on_path).resolve().parent)
    complete = [folder for folder in folders if (folder / "initdb").is_file()]
    if not complete:
        raise ProgramMissing("postgresql")
    return max(complete, key=_release)


def find_redis() -> Path:
    """Return the `redis-server` program."""
    if found := shutil.which("redis-server"):
        return Path(found)
    raise ProgramMissing("redis")


def find_chromium() -> Path:
    """Return a Chromium, or a Google Chrome where that is what is installed."""
    if found := next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None):
        return Path(found)
    for application in CHROMIUM_APPLICATIONS:
        if application.is_file():
            return application
    raise ProgramMissing("chromium")


def find_promtool() -> Path:
    """Return the program that checks Prometheus's rules."""
    if found := shutil.which("promtool"):
        return Path(found)
    raise ProgramMissing("prometheus")


def _release(folder: Path) -> int:
    """Return the major release in a path such as postgresql/15/bin; 0 where it names none."""
    numbers: list[str] = re.findall(r"postgresql[/@](\d+)", str(folder))
    return int(numbers[-1]) if numbers else 0


def list_missing() -> list[str]:
    """Return the names of the programs that are not installed."""
    missing = []
    for find in (find_postgres, find_redis, find_chromium, find_promtool):
        try:
            find()
        except ProgramMissing as error:
            missing.append(error.name)
    return missing
