"""Everything that can go wrong in a render; each error has a stable `kind`.

    RenderError
    ├── BadSpec              bad_spec             no retry   no whole number of frames per rotation
    ├── BadPhoto             bad_photo            no retry   missing, truncated, huge, no picture
    ├── BadSong              bad_song             no retry   missing, truncated or no MP3
    ├── AssetsMissing        assets_missing       no retry   the installation is incomplete
    ├── EncoderUnavailable   encoder_unavailable  no retry   a forced encoder does not open
    ├── InputUnreadable      input_unreadable     retry      the disk or the system refuses to read
    ├── OutputFailed         output_failed        retry      the file did not stand its check
    │   └── OutputUnwritable output_unwritable    retry      disk full, folder read-only
    ├── RenderCrashed        render_crashed       retry      the child died (out of memory, signal)
    └── RenderTimeout        render_timeout       retry      the child was killed at its time limit

Messages name the offending file and are one line: they are shown to operators, not to visitors.
"""

from pathlib import Path
from typing import ClassVar


class RenderError(Exception):
    """Base of the tree; `kind` crosses process borders, `can_retry` says if trying again helps."""

    kind: ClassVar[str] = "render_error"
    can_retry: ClassVar[bool] = False


class BadSpec(RenderError):
    """The `RenderSpec` cannot be filmed, for instance a rotation of 45.5 frames."""

    kind = "bad_spec"


class BadPhoto(RenderError):
    """The photo is missing, truncated, too large to open or not a picture."""

    kind = "bad_photo"


class BadSong(RenderError):
    """The song is missing, truncated or not an MP3."""

    kind = "bad_song"


class AssetsMissing(RenderError):
    """One of the three drawn pictures is missing or has the wrong size."""

    kind = "assets_missing"


class EncoderUnavailable(RenderError):
    """The encoder asked for by name does not open on this machine."""

    kind = "encoder_unavailable"


class InputUnreadable(RenderError):
    """The photo or song is there, but the disk or the operating system does not let it be read."""

    kind = "input_unreadable"
    can_retry = True


class OutputFailed(RenderError):
    """The result could not be written or did not stand its check; nothing was left behind."""

    kind = "output_failed"
    can_retry = True


class OutputUnwritable(OutputFailed):
    """The disk or the operating system refuses to write: the job itself is not to blame."""

    kind = "output_unwritable"


class RenderCrashed(RenderError):
    """The child that did the work died; other children were not touched."""

    kind = "render_crashed"
    can_retry = True


class RenderTimeout(RenderError):
    """The child did not answer within its time limit and was killed."""

    kind = "render_timeout"
    can_retry = True


_KINDS: dict[str, type[RenderError]] = {
    error.kind: error
    for error in (
        BadSpec,
        BadPhoto,
        BadSong,
        AssetsMissing,
        EncoderUnavailable,
        InputUnreadable,
        OutputFailed,
        OutputUnwritable,
        RenderCrashed,
        RenderTimeout,
    )
}


def explain_unreadable(path: Path, error: OSError, bad: type[RenderError]) -> RenderError:
    """Return what an input that cannot be opened means: `bad` where no such file exists.

    Anything else (too many open files, an I/O error, a stale mount) is the machine's trouble.
    """
    is_missing = isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError)
    return (bad if is_missing else InputUnreadable)(f"cannot read {path}: {error.strerror}")


def revive(kind: str, message: str) -> RenderError:
    """Make the error of this `kind` again, on the other side of a process border."""
    return _KINDS.get(kind, RenderError)(message)
