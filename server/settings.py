"""The only reader of the environment; every field is an environment variable of the same name.

Names are the spec's where the spec has one. `Settings` is frozen and checked as a whole, so that a
configuration that cannot be run with is refused before anything starts.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from renderer import FORMATS, BadSpec, RenderSpec
from server.errors import SettingsError

EMBEDDED_DATABASE: Final = "sqlite://var/petsong.sqlite3"
LEAST_PHOTO_MEMORY_MB: Final = 64
LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})

FILM_VARIABLES: Final = {
    "rpm": "VINYL_RPM",
    "pet_size_px": "PET_IMAGE_SIZE",
    "vinyl_size_px": "VINYL_SIZE",
}
SQUARE_VARIABLES: Final = {
    "width_px": "VIDEO_RESOLUTION",
    "height_px": "VIDEO_RESOLUTION",
    "fps": "VIDEO_FPS",
}
"""Which numbers of a film are ours to set: the first in every format, these in `square` only."""

Positive = Annotated[int, Field(gt=0)]


class Settings(BaseSettings):
    """What the site runs with; see README.md for what each variable does."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    database_url: str = EMBEDDED_DATABASE
    redis_url: str | None = None
    log_level: str = "INFO"

    external_api_url: str = "https://api.sonauto.ai/v1"
    generation_path: str = "generations/v3"
    sonauto_api_key: SecretStr | None = None
    webhook_base_url: str = ""
    song_cdn_hosts: Annotated[tuple[str, ...], NoDecode] = (
        "https://cdn.sonauto.ai",
        "https://cdn.treblo.com",
    )
    attribution_text: str = "Songs by Sonauto"
    attribution_url: str = "https://sonauto.ai"
    terms_url: str = "/terms"
    privacy_url: str = "/privacy"

    max_concurrent_requests: Positive = 10
    max_retries: Positive = 3
    form_submit_retry: Positive = 10
    submissions_per_hour_per_ip: Positive = 20
    results_per_hour_per_ip: Positive = 100
    trusted_proxy_hops: Annotated[int, Field(ge=0)] = 0

    queue_processor_interval: Positive = 60
    credits_check_interval: Positive = 600
    timeout_check_interval: Positive = 300
    sweep_interval: Positive = 15
    generation_poll_interval: Positive = 15
    ambiguous_grace_seconds: Positive = 240
    min_available_credits: Annotated[int, Field(ge=0)] = 5000
    webhook_timeout_minutes: Annotated[float, Field(gt=0)] = 10
    api_request_timeout_seconds: Annotated[float, Field(gt=0)] = 30

    storage_url: str = ""
    storage_endpoint_url: str = ""
    storage_access_key_id: SecretStr | None = None
    storage_secret_access_key: SecretStr | None = None
    storage_region: str = "us-east-1"
    img_storage: Path = Path("storage/uploads")
    audio_storage: Path = Path("storage/audio")
    video_storage: Path = Path("storage/video")
    preview_storage: Path = Path("storage/preview")
    file_retention_days: Positive = 30
    photo_timeout_seconds: Annotated[float, Field(gt=0)] = 5
    photo_memory_limit_mb: Annotated[int, Field(ge=0)] = 128

    render_formats: Annotated[tuple[str, ...], NoDecode] = ("square", "story")
    video_fps: Positive = 15
    vinyl_rpm: Positive = 20
    video_resolution: Positive = 720
    pet_image_size: Positive = 360
    vinyl_size: Positive = 736
    video_crf: Annotated[int, Field(ge=0, le=51)] = 28
    render_encoder: str = "auto"
    render_concurrency: Positive = 1
    render_timeout_seconds: Positive = 300
    render_memory_limit_mb: Annotated[int, Field(ge=0)] = 2048
    task_concurrency: Positive = 20
    lease_seconds: Annotated[float, Field(ge=1)] = 45
    heartbeat_file: Path | None = None

    admin_username: str = "admin"
    admin_password: SecretStr | None = None

    simulator_delay_seconds: Annotated[float, Field(ge=0)] = 8

    @field_validator("song_cdn_hosts", "render_formats", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("render_formats")
    @classmethod
    def _are_formats(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names or len(set(names)) < len(names) or not set(names) <= FORMATS.keys():
            raise ValueError(f"choose one or more of {', '.join(FORMATS)}, each once")
        return names

    @field_validator(
        *("sonauto_api_key", "admin_password", "redis_url", "heartbeat_file"),
        *("storage_access_key_id", "storage_secret_access_key"),
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return value or None

    @field_validator("database_url")
    @classmethod
    def _use_asyncpg(cls, url: str) -> str:
        for scheme in ("postgresql://", "postgres://"):
            if url.startswith(scheme):
                return "asyncpg://" + url.removeprefix(scheme)
        return url or EMBEDDED_DATABASE

    @field_validator("photo_memory_limit_mb")
    @classmethod
    def _has_room_for_photos(cls, limit_mb: int) -> int:
        if 0 < limit_mb < LEAST_PHOTO_MEMORY_MB:
            raise ValueError(f"a good photo needs {LEAST_PHOTO_MEMORY_MB}; 0 sets no limit")
        return limit_mb

    @field_validator("storage_url")
    @classmethod
    def _names_a_store(cls, url: str) -> str:
        parts = urlsplit(url)
        is_folder = parts.scheme == "file" and not parts.netloc and parts.path.startswith("/")
        is_bucket = parts.scheme == "s3" and parts.netloc
        if url and not (is_folder or is_bucket):
            raise ValueError("write file:///folder or s3://bucket/prefix")
        return url

    @field_validator("storage_endpoint_url")
    @classmethod
    def _names_an_endpoint(cls, url: str) -> str:
        if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc):
            raise ValueError("write https://host, or http://host:port")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _keys_fit_together(self) -> Self:
        if (self.storage_access_key_id is None) != (self.storage_secret_access_key is None):
            raise ValueError("set STORAGE_ACCESS_KEY_ID and STORAGE_SECRET_ACCESS_KEY, or neither")
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        uses_sqlite = self.database_url.startswith("sqlite://")
        if uses_sqlite and self.redis_url:
            raise ValueError("REDIS_URL needs DATABASE_URL to name a PostgreSQL database")
        if not uses_sqlite and not self.redis_url:
            raise ValueError("DATABASE_URL names PostgreSQL, so REDIS_URL must be set too")
        if not self.is_embedded and self.sonauto_api_key is None:
            raise ValueError("SONAUTO_API_KEY must be set when REDIS_URL is")
        webhook = urlsplit(self.webhook_base_url)
        is_private = webhook.scheme == "http" and webhook.hostname in LOOPBACK_HOSTS
        if self.sonauto_api_key is not None and webhook.scheme != "https" and not is_private:
            raise ValueError("WEBHOOK_BASE_URL must be the site's public https:// address")
        return self

    @model_validator(mode="after")
    def _can_be_filmed(self) -> Self:
        for name in self.render_formats:
            try:
                self._build_spec(name)
            except BadSpec as error:
                variables = ", ".join(dict.fromkeys(_film_variables(name).values()))
                raise ValueError(f"{variables}: no {name} film can be made: {error}") from error
        return self

    @property
    def is_embedded(self) -> bool:
        """Say whether everything runs in this one process (no Redis)."""
        return self.redis_url is None

    @property
    def is_simulated(self) -> bool:
        """Say whether songs come from our own simulator, because no API key is set."""
        return self.sonauto_api_key is None

    @property
    def uses_objects(self) -> bool:
        """Say whether files are objects of a bucket, and not files in folders."""
        return self.storage_url.startswith("s3:")

    @property
    def films(self) -> Mapping[str, RenderSpec]:
        """Return what each song is made into, by the name of its format; the main film is first."""
        return {name: self._build_spec(name) for name in self.render_formats}

    @property
    def main_format(self) -> str:
        """Return the format of the film that the pages show."""
        return self.render_formats[0]

    def _build_spec(self, name: str) -> RenderSpec:
        ours: dict[str, Any] = {
            number: getattr(self, variable.lower())
            for number, variable in _film_variables(name).items()
        }
        return replace(FORMATS[name], crf=self.video_crf, **ours)


def load_settings() -> Settings:
    """Read and check the environment (and `.env`).

    Raises SettingsError with one line for each variable that must change; no value is quoted.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        lines = [
            ": ".join([*map(str.upper, map(str, problem["loc"])), _without_prefix(problem["msg"])])
            for problem in problems
        ]
        raise SettingsError("\n".join(lines)) from None


def _film_variables(name: str) -> Mapping[str, str]:
    return SQUARE_VARIABLES | FILM_VARIABLES if name == "square" else FILM_VARIABLES


def _without_prefix(message: str) -> str:
    return message.removeprefix("Value error, ")
