"""The errors that cross packages; `StorageUnavailable` is defined beside the storage it is about.

PetsongError
├── SettingsError            the environment cannot be run with; one line says what to change
├── StartError               a start-up condition does not hold (port taken, assets missing)
├── BackupUnusable           the file is not a whole backup of ours
├── FormRejected             400, the visitor can correct it
├── IdempotencyKeyReused     422, this key was sent with another form
├── SubmissionLimitReached   429, this browser has used its submissions up
├── TooManyRequests          429, this address asks too often
├── SoldOut                  503, no song can be bought at present
├── StorageFull              503, there is no room for another song
├── DatabaseUnavailable      503, nothing was written
├── PhotosUnavailable        503, nobody can look at a photo at present
└── SongServiceError         the song service did not do what was asked
    ├── NeverReached         the request did not arrive: safe to send again
    ├── Unanswered           it may have arrived: sending again may pay twice
    ├── Unavailable          it serves nobody: 5xx, redirects, 401 to 405, a wrong key
    ├── Paused               it wants no requests for a while: 429
    ├── Refused              it will never accept this request: 422, 400 about a field
    └── SongUnusable         the song file cannot be had or is not a song
        └── SongHostAway     its host serves nobody at present
"""


class PetsongError(Exception):
    """Base of all errors raised on purpose; `str()` is fit for a log line."""


class SettingsError(PetsongError):
    """The environment variables do not make a configuration that can be run."""


class StartError(PetsongError):
    """The process cannot start here; the message says what to change."""


class BackupUnusable(PetsongError):
    """The file is not a whole backup of ours; nothing was restored."""


class FormRejected(PetsongError):
    """The form is not acceptable; `fields` maps a field's name to what is wrong with it."""

    def __init__(self, error: str, message: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.message = message
        self.fields = fields or {}


class IdempotencyKeyReused(PetsongError):
    """The Idempotency-Key came with another form before, or from another browser."""


class SubmissionLimitReached(PetsongError):
    """The browser's cookie_id has used all its submissions."""

    def __init__(self, attempts_used: int, max_attempts: int) -> None:
        super().__init__(f"{attempts_used} of {max_attempts} submissions used")
        self.attempts_used = attempts_used
        self.max_attempts = max_attempts


class TooManyRequests(PetsongError):
    """One address has asked too often; it may ask again after `retry_after_s` seconds."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"retry after {retry_after_s} s")
        self.retry_after_s = retry_after_s


class SoldOut(PetsongError):
    """The song service's credits are used up, so no further submission is taken."""


class StorageFull(PetsongError):
    """So much of the disk is used that no further submission is taken."""


class DatabaseUnavailable(PetsongError):
    """The database did not answer; nothing was written."""


class PhotosUnavailable(PetsongError):
    """No child process is free, or can be started, to look at a photo."""


class SongServiceError(PetsongError):
    """The song service did not do what was asked of it."""


class NeverReached(SongServiceError):
    """The request never arrived (refused, no such host, TLS): it may be sent again."""


class Unanswered(SongServiceError):
    """The request may have arrived and been billed, but no usable answer came back."""


class Unavailable(SongServiceError):
    """The service answered, and the fault is its own or our account's: it would refuse anybody.

    `retry_after_s` is the wait that it named, 0 where it named none.
    """

    def __init__(self, message: str, status: int, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s


class Paused(SongServiceError):
    """The service wants no requests for `retry_after_s` seconds: we asked too often."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Refused(SongServiceError):
    """The service will never accept this request (`status` 422, or 400 about a field)."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class SongUnusable(SongServiceError):
    """The song file cannot be had; `is_final` says that no time will change that."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


class SongHostAway(SongUnusable):
    """The host could not be reached, or answered that it serves nobody at present."""
