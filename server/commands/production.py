"""Checks for production: missing, default or short secrets, and URLs that are not public https."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from server.errors import SettingsError
from server.process.failpoints import FAILPOINT
from server.settings import LOOPBACK_HOSTS, Settings

MIN_PASSWORD: Final = 12
USUAL: Final = frozenset(
    {
        *("admin", "administrator", "changeme", "change-me", "default", "password", "secret"),
        *("petsong", "postgres", "redis", "root", "test", "pah", "pah_password"),
        *("minioadmin", "minio", "minio123", "your-api-key", "your_api_key", "example"),
    }
)
"""Passwords of examples and fresh installations, including the specification's own."""


def check_production(settings: Settings) -> None:
    """Raise SettingsError, with one line per fault, if the settings are not fit for production."""
    faults = list(_find_faults(settings)) if settings.environment == "production" else []
    if faults:
        raise SettingsError("\n".join(f"{fault} (ENVIRONMENT is production)" for fault in faults))


def _find_faults(settings: Settings) -> Iterator[str]:
    if settings.sonauto_api_key is None:
        yield "SONAUTO_API_KEY: must be set: without it songs come from the simulator"
    elif _is_usual(settings.sonauto_api_key):
        yield "SONAUTO_API_KEY: is an example's key"
    if settings.admin_password is None:
        yield "ADMIN_PASSWORD: must be set"
    elif _is_usual(settings.admin_password) or _is_short(settings.admin_password):
        yield f"ADMIN_PASSWORD: must be {MIN_PASSWORD} characters or more, and not a well-known one"
    if not _is_public(settings.webhook_base_url):
        yield "WEBHOOK_BASE_URL: must be the site's public https:// address"
    if not _is_public(settings.external_api_url):
        yield "EXTERNAL_API_URL: must be an https:// address"
    if not all(map(_is_public, settings.song_cdn_hosts)):
        yield "SONG_CDN_HOSTS: must be https:// origins"
    if FAILPOINT is not None:
        yield "FAILPOINT: must not be set: it kills processes, for tests"
    if settings.log_level == "DEBUG":
        yield "LOG_LEVEL: must not be DEBUG"
    for variable, url in (
        ("DATABASE_URL", settings.database_url),
        ("REDIS_URL", settings.redis_url),
    ):
        if _is_usual(SecretStr(urlsplit(url or "").password or "fine")):
            yield f"{variable}: contains a well-known password"
    if not settings.is_embedded and urlsplit(settings.database_url).password is None:
        yield "DATABASE_URL: must contain a password"
    if settings.storage_secret_access_key and _is_usual(settings.storage_secret_access_key):
        yield "STORAGE_SECRET_ACCESS_KEY: is an example's key"


def _is_usual(secret: SecretStr) -> bool:
    return secret.get_secret_value().lower() in USUAL


def _is_short(secret: SecretStr) -> bool:
    return len(secret.get_secret_value()) < MIN_PASSWORD


def _is_public(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and bool(parts.hostname) and parts.hostname not in LOOPBACK_HOSTS
