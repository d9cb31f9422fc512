"""Files appear whole at their final path or not at all."""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from tempfile import mkstemp

from av.error import FFmpegError

from renderer.errors import OutputFailed


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path`; the block's end makes it `path`, an error removes it.

    What the operating system or the muxer refuses becomes `OutputFailed`.
    """
    part: Path | None = None
    try:
        if path.is_dir():  # told now: when it is renamed, other files of a job may be in place
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        descriptor, name = mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        part = Path(name)
        os.fchmod(descriptor, 0o644)
        os.close(descriptor)
        yield part
        sync(part)
        part.replace(path)
        sync(path.parent)
    except (OSError, FFmpegError) as error:
        raise OutputFailed(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def discard_parts(paths: Iterable[Path]) -> None:
    """Remove what a killed writer of these paths left beside them."""
    for path in paths:
        for part in path.parent.glob(f".{escape(path.name)}.*.part"):
            part.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until the disk has the file, or the folder's entry for it; raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
