"""The table of SECURITY.md: every requirement appears once, and every test it names exists."""

import ast
import re
from collections.abc import Iterator
from functools import cache

from tests.sources import ROOT

LAST = """
1.1: 2, 1.2: 9, 1.3: 11, 1.4: 3, 1.5: 2, 2.1: 3, 2.2: 3, 2.3: 4, 2.4: 1,
3.2: 2, 3.3: 4, 3.4: 6, 3.5: 5, 3.7: 2, 4.1: 3, 4.2: 1, 4.3: 2, 4.4: 4,
5.1: 1, 5.2: 3, 5.3: 2, 5.4: 3, 7.1: 3, 7.2: 4, 7.3: 2, 7.4: 5, 7.5: 2, 7.6: 2,
11.1: 2, 11.2: 3, 11.3: 3, 11.4: 4, 11.5: 1, 11.6: 1, 12.1: 3, 12.2: 2, 12.3: 4,
13.1: 1, 13.2: 5, 13.3: 2, 13.4: 5, 14.1: 2, 14.2: 4, 14.3: 3,
15.1: 3, 15.2: 3, 15.3: 7, 16.1: 1, 16.2: 5, 16.3: 4, 16.4: 3, 16.5: 3"""
"""The last requirement of levels 1 and 2 in each section of ASVS 5.0.0; then come those of 3."""
LINE = re.compile(r"^\| ([\d., -]+) \| (.+) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
EXCUSES = ("Does not apply", "Weaker: ", "Documented", "By hand: ", "Standard output")


def read_table() -> list[tuple[list[str], str]]:
    """Return each line's requirements, and what it names as their tests."""
    lines = LINE.findall((ROOT / "SECURITY.md").read_text())
    return [(list(expand(numbers)), holds) for numbers, _, holds in lines]


def expand(numbers: str) -> Iterator[str]:
    """Yield every requirement of `1.2.6-1.2.8, 1.3.1`."""
    for part in numbers.split(", "):
        first, _, last = part.partition("-")
        section, _, number = first.rpartition(".")
        end = int((last or first).rpartition(".")[2])
        yield from (f"{section}.{one}" for one in range(int(number), end + 1))


@cache
def read_tests(path: str) -> set[str]:
    """Return the names of the functions in a file below tests/; none if there is no such file."""
    file = ROOT / "tests" / path
    if not file.is_file():
        return set()
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    tree = ast.parse(file.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, functions)}


def test_every_requirement_appears_once() -> None:
    lasts = [one.split(": ") for one in re.split(r",\s", LAST.strip())]
    wanted = [f"{section}.{one}" for section, last in lasts for one in range(1, int(last) + 1)]
    found = [one for requirements, _ in read_table() for one in requirements]

    assert len(wanted) > 140
    assert sorted(found) == sorted(wanted)


def test_every_requirement_has_a_test_or_a_reason() -> None:
    for requirements, holds in read_table():
        assert NAMED.search(holds) or holds.startswith((*EXCUSES, "ARCHITECTURE.md")), requirements


def test_every_named_test_exists() -> None:
    named = {test for _, holds in read_table() for test in NAMED.findall(holds)}

    assert len(named) > 50
    assert not [f"{path}::{name}" for path, name in named if name not in read_tests(path)]
