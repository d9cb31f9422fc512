"""The conventions that every file of the repository follows."""

import ast
import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.sources import list_files, read

MAX_LINES = 250
LONG_FILES: Mapping[str, str] = {
    "tests/unit/simulator/test_faults.py": "one test for each fault that can be switched on",
}

# Written in pieces, so that this file does not break its own rule.
FORBIDDEN = re.compile(
    "|".join(
        [
            r"/(?:wo" r"rk|ro" r"ot)/",
            r"/Us" r"ers/\w",
            r"pypi" r"\.org",
            r"python" r"hosted",
            r"registry" r"\.(?:npmjs|yarnpkg)",
        ]
    )
)
LOCKS = [Path("requirements.lock"), Path("tests/requirements.lock")]


def show(found: list[str]) -> str:
    return "\n".join(["", *found])


def test_no_file_names_a_machine_or_a_registry() -> None:
    wrong = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path in list_files()
        for number, line in enumerate(read(path).splitlines(), start=1)
        if FORBIDDEN.search(line)
    ]
    assert not wrong, show(wrong)


@pytest.mark.parametrize("lock", LOCKS, ids=str)
def test_a_python_lock_pins_every_release_by_hash_and_names_no_address(lock: Path) -> None:
    text = read(lock)
    assert "://" not in text
    lines = re.sub(r"\\\n", " ", text).splitlines()
    requirements = [line for line in lines if line and not line.lstrip().startswith("#")]
    wrong = [
        f"{lock}: {line[:80]}"
        for line in requirements
        if not re.match(r"[a-z0-9.\[\]_-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)
    ]
    assert requirements
    assert not wrong, show(wrong)


def test_the_tests_lock_holds_the_releases_of_the_first() -> None:
    # Without the extras: the tests need more of them.
    pattern = re.compile(r"^([a-z0-9._-]+)\S*?(==\S+)", re.M)
    first, second = (set(pattern.findall(read(lock))) for lock in LOCKS)
    assert first <= second


@pytest.mark.parametrize("folder", ["client", "benchmarks/lighthouse"])
def test_an_npm_lock_pins_every_release_by_hash_and_names_no_address(folder: str) -> None:
    lock = Path(folder) / "package-lock.json"
    packages = json.loads(read(lock))["packages"]
    wrong = [
        f"{lock}: {name}"
        for name, package in packages.items()
        if name and ("integrity" not in package or "://" in package.get("resolved", ""))
    ]
    assert len(packages) > 1
    assert not wrong, show(wrong)


def test_python_files_are_short() -> None:
    lengths = {str(path): len(read(path).splitlines()) for path in list_files(".py")}
    wrong = [
        f"{name}: {length} lines, at most {MAX_LINES}"
        for name, length in lengths.items()
        if length > MAX_LINES and name not in LONG_FILES
    ]
    assert not wrong, show(wrong)


def test_every_package_says_what_it_is_for() -> None:
    wrong = [
        f"{path}: has no docstring"
        for path in list_files("__init__.py")
        if path.parts[:2] != ("tests", "unit") or len(path.parts) == 3  # mirrors ours
        if not ast.get_docstring(ast.parse(read(path)))
    ]
    assert not wrong, show(wrong)
