"""Writes files so that they appear complete at their final path or not at all."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from av.error import FFmpegError

from renderer.errors import OutputFailed, OutputUnwritable
from renderer.parts import create_part


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path, which becomes `path` at the end of the block; remove it on an error.

    Errors of the operating system become `OutputUnwritable`, those of the muxer `OutputFailed`.
    """
    part: Path | None = None
    try:
        if path.is_dir():  # before other files of the job are in place
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        part = create_part(path)
        yield part
        sync(part)
        part.replace(path)
        sync(path.parent)
    except (OSError, FFmpegError) as error:
        # FFmpeg's errors that have an errno are OSErrors, too.
        kind = OutputUnwritable if isinstance(error, OSError) else OutputFailed
        raise kind(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Flush a file, or a folder's entries, to disk; raises `OSError`."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
