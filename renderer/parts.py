"""What a file is called until it is whole: a hidden name beside its own."""

import os
import re
from collections.abc import Iterable
from glob import escape
from pathlib import Path
from tempfile import mkstemp

PART = re.compile(r"\.(?P<of>.+)\.\w+\.part")
"""The names that `create_part` makes, and of what; applications delete what was left for ever."""


def create_part(path: Path) -> Path:
    """Make an empty file, readable by all, that is to become `path`; raises `OSError`."""
    descriptor, name = mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.fchmod(descriptor, 0o644)
    os.close(descriptor)
    return Path(name)


def discard_parts(paths: Iterable[Path]) -> None:
    """Remove what a killed writer of these paths left beside them."""
    for path in paths:
        for part in path.parent.glob(f".{escape(path.name)}.*.part"):
            part.unlink(missing_ok=True)
