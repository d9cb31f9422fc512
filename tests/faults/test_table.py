"""The table in README.md is complete: every row appears once, and every test it names exists."""

import ast
import re
from collections import defaultdict
from pathlib import Path

TESTS = Path(__file__).parents[1]
ROWS = tuple(range(1, 110))
LINE = re.compile(r"^\| (\d+) \|(.*?)\|(.*)\|$", re.MULTILINE)
SENTENCE = re.compile(r"[A-Z`].{8,}: .{8,}\.")
"""What goes wrong, a colon, and what must hold."""
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
EXCUSES = ("Does not apply: ", "Open: ")


def read_table() -> dict[int, list[str]]:
    """Return what each row names as its tests, by its number."""
    table: dict[int, list[str]] = defaultdict(list)
    for number, _, text in read_lines():
        table[number].append(text)
    return table


def read_lines() -> list[tuple[int, str, str]]:
    """Return each row's number, its sentence, and its tests."""
    lines = LINE.findall((Path(__file__).parent / "README.md").read_text())
    return [(int(number), sentence.strip(), text) for number, sentence, text in lines]


def read_tests() -> dict[tuple[str, str], list[int]]:
    """Return every test with its rows, by its file (relative to tests/) and its name."""
    return {
        (str(path.relative_to(TESTS)), node.name): read_rows(node)
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    }


def read_rows(test: ast.FunctionDef | ast.AsyncFunctionDef) -> list[int]:
    """Return the rows that a test is marked with: `@pytest.mark.fault(45)`."""
    return [
        argument.value
        for decorator in test.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.fault"
        for argument in decorator.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, int)
    ]


def test_every_row_appears_once_with_a_test_or_a_reason() -> None:
    table = read_table()

    assert list(table) == list(ROWS)
    for row, [text, *others] in table.items():
        assert not others, f"row {row} is there twice"
        assert NAMED.search(text) or any(excuse in text for excuse in EXCUSES), f"row {row}"


def test_every_row_says_in_one_sentence_what_goes_wrong_and_what_must_hold() -> None:
    silent = [row for row, sentence, _ in read_lines() if not SENTENCE.fullmatch(sentence)]

    assert not silent


def test_every_named_test_exists() -> None:
    named = {test for [text] in read_table().values() for test in NAMED.findall(text)}

    assert named - read_tests().keys() == set()


def test_every_marked_test_is_named_in_its_row() -> None:
    table = read_table()
    missing = [
        f"row {row}: {path}::{name}"
        for (path, name), rows in read_tests().items()
        for row in rows
        if (path, name) not in NAMED.findall(" ".join(table[row]))
    ]

    assert not missing, "\n".join(missing)


def test_no_test_is_marked_with_an_unknown_row() -> None:
    marked = {row for rows in read_tests().values() for row in rows}

    assert len(marked) > len(ROWS) / 2
    assert marked <= set(ROWS)
