"""The files of this repository, read as text and as syntax trees, for the tests of its conventions.

Invariant: only files that git tracks are read, whatever else is in a checkout.
"""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]


class Import(NamedTuple):
    """One imported name, made absolute, and its location."""

    importer: str
    name: str
    place: str


def is_within(name: str, parent: str) -> bool:
    """Whether a dotted name is `parent` or inside it."""
    return f"{name}.".startswith(f"{parent}.")


@cache
def list_files(suffix: str = "") -> tuple[Path, ...]:
    """Return the tracked files, relative to the repository, whose names end in `suffix`."""
    # A checkout may belong to another user, as in a container; git would refuse to read it.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [name for name in listed.split("\0") if name.endswith(suffix)]
    return tuple(Path(name) for name in names if (ROOT / name).is_file())


def read(path: Path) -> str:
    """Return the text of a tracked file; undecodable bytes are replaced."""
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def name_module(path: Path) -> str:
    """Return the dotted name of a Python file; a package is named after its folder."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def list_imports(package: str) -> tuple[Import, ...]:
    """Return every import in the files below one top-level folder."""
    paths = [path for path in list_files(".py") if path.parts[0] == package]
    return tuple(found for path in paths for found in read_imports(path, read(path)))


def read_imports(path: Path, source: str) -> Iterator[Import]:
    """Yield everything that a Python file imports, at any depth, relative imports made absolute."""
    importer = name_module(path)
    package = path.parent.parts
    for node in ast.walk(ast.parse(source, filename=str(path))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*above, *filter(None, [node.module])))
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            yield Import(importer, name, f"{path}:{node.lineno}")
