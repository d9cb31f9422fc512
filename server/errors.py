"""The errors that the application raises on purpose.

PetsongError
├── SettingsError            invalid configuration; one line per variable to change
├── StartError               the process cannot start (port taken, assets missing)
├── BackupUnusable           the file is not a complete backup of ours
├── FormRejected             400, the visitor can correct it
├── IdempotencyKeyReused     422, this key was sent with another form
├── SubmissionLimitReached   429, this browser has used up its submissions
├── TooManyRequests          429, too many requests from this address
├── SoldOut                  503, no song can be bought at present
├── StorageFull              503, no storage capacity for another song
├── DatabaseUnavailable      503, nothing was written
├── PhotosUnavailable        503, no worker process can decode photos now
└── SongServiceError         the song service did not do what was asked
    ├── NeverReached         the request did not arrive: safe to repeat
    ├── Unanswered           it may have arrived: repeating it may pay twice
    ├── Unavailable          it would fail for anybody: 5xx, redirects, 401 to 405, wrong key
    ├── Paused               it asks us to wait: 429
    ├── Refused              it will never accept this request: 422, 400 about a field
    └── SongUnusable         the song file cannot be downloaded or is not a song
        └── SongHostAway     its host is unreachable or failing
"""


class PetsongError(Exception):
    """Base class of our errors; `str()` is suitable for a log line."""


class SettingsError(PetsongError):
    """The environment variables are not a valid configuration."""


class StartError(PetsongError):
    """The process cannot start here; the message says what to change."""


class BackupUnusable(PetsongError):
    """The file is not a complete backup of ours; nothing was restored."""


class FormRejected(PetsongError):
    """The form is invalid; `fields` maps field names to messages."""

    def __init__(self, error: str, message: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.message = message
        self.fields = fields or {}


class IdempotencyKeyReused(PetsongError):
    """The Idempotency-Key was used with another form, or by another browser."""


class SubmissionLimitReached(PetsongError):
    """The browser's cookie_id has used up its submissions."""

    def __init__(self, attempts_used: int, max_attempts: int) -> None:
        super().__init__(f"{attempts_used} of {max_attempts} submissions used")
        self.attempts_used = attempts_used
        self.max_attempts = max_attempts


class TooManyRequests(PetsongError):
    """Too many requests from one address; it may retry after `retry_after_s` seconds."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"retry after {retry_after_s} s")
        self.retry_after_s = retry_after_s


class SoldOut(PetsongError):
    """The song service's credits are used up; no submissions are accepted."""


class StorageFull(PetsongError):
    """The storage is too full; no submissions are accepted."""


class DatabaseUnavailable(PetsongError):
    """The database did not answer; nothing was written."""


class PhotosUnavailable(PetsongError):
    """No photo worker is free or can be started."""


class SongServiceError(PetsongError):
    """The song service did not do what was asked."""


class NeverReached(SongServiceError):
    """The request never arrived (refused, no such host, TLS): it may be repeated."""


class Unanswered(SongServiceError):
    """The request may have arrived and been billed, but no usable answer came back."""


class Unavailable(SongServiceError):
    """The fault is the service's or our account's: any order would fail.

    `retry_after_s` is the wait that the service named, 0 if it named none.
    """

    def __init__(self, message: str, status: int, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s


class Paused(SongServiceError):
    """The service asks us to wait for `retry_after_s` seconds: we sent too many requests."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Refused(SongServiceError):
    """The service will never accept this request (`status` 422, or 400 about a field)."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class SongUnusable(SongServiceError):
    """The song file cannot be used; `is_final` means that retrying is pointless."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


class SongHostAway(SongUnusable):
    """The song's host is unreachable, not listed, or failing for everybody."""
