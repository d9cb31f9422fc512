"""Where the programs are that tests start: databases, Chromium, proxies and promtool.

Invariant: a program found here can be started as it is; nothing is installed here.
"""

import re
import shutil
import sys
from collections.abc import Callable
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

# Debian keeps both off an ordinary user's PATH.
SYSTEM_PROGRAMS = "/usr/sbin:/usr/local/sbin"
APACHE_FOLDER = Path("/usr/lib/apache2/modules")
APACHE_MODULES = ("xsendfile",)
"""Modules that come in packages of their own."""


FAKETIME_LIBRARIES = (
    "usr/lib/*/faketime/libfaketimeMT.so.1",
    "usr/lib/faketime/libfaketimeMT.so.1",
)


class ProgramMissing(Exception):
    """A program that the tests start is not installed."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is not installed: `make test` installs it or says how")


def find_postgres() -> Path:
    """Return the folder with `initdb` and `postgres` of the newest release."""
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
    """Return a Chromium, or Google Chrome if that is what is installed."""
    if found := next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None):
        return Path(found)
    for application in CHROMIUM_APPLICATIONS:
        if application.is_file():
            return application
    raise ProgramMissing("chromium")


def find_promtool() -> Path:
    """Return the program that checks Prometheus rules."""
    if found := shutil.which("promtool"):
        return Path(found)
    raise ProgramMissing("prometheus")


def find_nginx() -> Path:
    """Return the `nginx` program."""
    if found := shutil.which("nginx") or shutil.which("nginx", path=SYSTEM_PROGRAMS):
        return Path(found)
    raise ProgramMissing("nginx")


def find_apache() -> tuple[Path, Path]:
    """Return Debian's `apache2` and the folder of its modules, if it has all that we need."""
    found = shutil.which("apache2") or shutil.which("apache2", path=SYSTEM_PROGRAMS)
    modules = [APACHE_FOLDER / f"mod_{name}.so" for name in APACHE_MODULES]
    if found and all(module.is_file() for module in modules):
        return Path(found), APACHE_FOLDER
    raise ProgramMissing("apache")


def find_faketime() -> Path:
    """Return the library that gives a process another clock."""
    for pattern in FAKETIME_LIBRARIES:
        if found := next(Path("/").glob(pattern), None):
            return found
    raise ProgramMissing("libfaketime")


def _release(folder: Path) -> int:
    """Return the major release in a path such as postgresql/15/bin, or 0."""
    numbers: list[str] = re.findall(r"postgresql[/@](\d+)", str(folder))
    return int(numbers[-1]) if numbers else 0


def list_missing() -> list[str]:
    """Return the names of the programs that are not installed."""
    missing = []
    finders: list[Callable[[], object]] = [find_postgres, find_redis, find_chromium, find_promtool]
    # Elsewhere no package has Apache's module for sending files, or can fake a clock.
    if sys.platform == "linux":
        finders += [find_nginx, find_apache, find_faketime]
    for find in finders:
        try:
            find()
        except ProgramMissing as error:
            missing.append(error.name)
    return missing
