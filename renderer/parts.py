"""Names of incomplete files: hidden, beside the final file."""

import os
import re
from collections.abc import Iterable
from glob import escape
from pathlib import Path
from tempfile import mkstemp

PART = re.compile(r"\.(?P<of>.+)\.\w+\.part")
"""Names made by `create_part`, with the final name; applications delete orphaned ones."""


def create_part(path: Path) -> Path:
    """Create an empty, world-readable file that is to become `path`; raises `OSError`."""
    descriptor, name = mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.fchmod(descriptor, 0o644)
    os.close(descriptor)
    return Path(name)


def discard_parts(paths: Iterable[Path]) -> None:
    """Remove incomplete files of killed writers of these paths."""
    for path in paths:
        for part in path.parent.glob(f".{escape(path.name)}.*.part"):
            part.unlink(missing_ok=True)
