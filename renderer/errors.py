"""The errors of a render; each has a stable `kind`.

    RenderError
    ├── BadSpec              bad_spec             no retry   no whole number of frames per rotation
    ├── BadPhoto             bad_photo            no retry   missing, truncated, huge, no picture
    ├── BadSong              bad_song             no retry   missing, truncated or no MP3
    ├── AssetsMissing        assets_missing       no retry   the installation is incomplete
    ├── EncoderUnavailable   encoder_unavailable  no retry   a forced encoder does not open
    ├── InputUnreadable      input_unreadable     retry      the disk or the system fails to read
    ├── OutputFailed         output_failed        retry      the file failed its check
    │   └── OutputUnwritable output_unwritable    retry      disk full, folder read-only
    ├── RenderCrashed        render_crashed       retry      the child died (out of memory, signal)
    └── RenderTimeout        render_timeout       retry      the child was killed at its time limit

Messages name the offending file and are one line: they are shown to operators, not to visitors.
"""

from pathlib import Path
from typing import ClassVar


class RenderError(Exception):
    """`kind` identifies an error across processes, `can_retry` tells if retrying helps."""

    kind: ClassVar[str] = "render_error"
    can_retry: ClassVar[bool] = False


class BadSpec(RenderError):
    """The `RenderSpec` cannot be rendered, for example a rotation of 45.5 frames."""

    kind = "bad_spec"


class BadPhoto(RenderError):
    """The photo is missing, truncated, too large to open or not a picture."""

    kind = "bad_photo"


class BadSong(RenderError):
    """The song is missing, truncated or not an MP3."""

    kind = "bad_song"


class AssetsMissing(RenderError):
    """A picture of the record player is missing or has the wrong size."""

    kind = "assets_missing"


class EncoderUnavailable(RenderError):
    """The requested encoder does not work on this machine."""

    kind = "encoder_unavailable"


class InputUnreadable(RenderError):
    """The photo or song exists, but the disk or the operating system fails to read it."""

    kind = "input_unreadable"
    can_retry = True


class OutputFailed(RenderError):
    """The result could not be written or failed its check; nothing was left behind."""

    kind = "output_failed"
    can_retry = True


class OutputUnwritable(OutputFailed):
    """The disk or the operating system refuses to write; the job is not at fault."""

    kind = "output_unwritable"


class RenderCrashed(RenderError):
    """The child that ran the job died; other children are not affected."""

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
    """The error for an input that cannot be opened: `bad` if the file does not exist.

    Anything else (too many open files, an I/O error, a stale mount) is the machine's fault.
    """
    is_missing = isinstance(error, FileNotFoundError | IsADirectoryError | NotADirectoryError)
    return (bad if is_missing else InputUnreadable)(f"cannot read {path}: {error.strerror}")


def revive(kind: str, message: str) -> RenderError:
    """Recreate an error of this `kind` from another process."""
    return _KINDS.get(kind, RenderError)(message)
