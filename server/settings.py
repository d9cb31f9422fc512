"""The settings; every field is an environment variable of the same name.

Names come from the spec where it has one. `Settings` is frozen and validated as a whole, so that an
invalid configuration is rejected before anything starts.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from renderer import FORMATS, BadSpec, RenderSpec
from server.errors import SettingsError
from server.setting_types import (
    EMBEDDED_DATABASE,
    Contact,
    DatabaseUrl,
    EndpointUrl,
    Formats,
    LogLevel,
    Origins,
    Percent,
    PhotoMemory,
    Positive,
    RedisUrl,
    Secret,
    StoreUrl,
    Unset,
    Words,
)

WEBHOOK_PATH: Final = "/api/webhook"
LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})

VIDEO_VARIABLES: Final = {
    "rpm": "VINYL_RPM",
    "pet_size_px": "PET_IMAGE_SIZE",
    "vinyl_size_px": "VINYL_SIZE",
}
SQUARE_VARIABLES: Final = {
    "width_px": "VIDEO_RESOLUTION",
    "height_px": "VIDEO_RESOLUTION",
    "fps": "VIDEO_FPS",
}
"""Settings that override numbers of a format: the first in every format, the second in `square`
only."""


class Settings(BaseSettings):
    """The configuration of the site; README.md describes each variable."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    database_url: DatabaseUrl = EMBEDDED_DATABASE
    redis_url: RedisUrl = None
    log_level: LogLevel = "INFO"
    environment: Literal["development", "production"] = "development"

    external_api_url: str = "https://api.sonauto.ai/v1"
    generation_path: str = "generations/v3"
    sonauto_api_key: Secret = None
    webhook_base_url: str = ""
    song_cdn_hosts: Words = ("https://cdn.sonauto.ai", "https://cdn.treblo.com")
    attribution_text: str = "Songs by Sonauto"
    attribution_url: str = "https://sonauto.ai"
    terms_url: str = "/terms"
    privacy_url: str = "/privacy"
    security_contact: Contact = ""
    cors_origins: Origins = ()

    max_concurrent_requests: Positive = 10
    max_retries: Positive = 3
    form_submit_retry: Positive = 10
    submissions_per_hour_per_ip: Positive = 20
    results_per_hour_per_ip: Positive = 100
    sockets_per_ip: Positive = 500
    socket_messages_per_minute: Positive = 60
    socket_messages_per_minute_per_ip: Positive = 6000
    trusted_proxy_hops: Annotated[int, Field(ge=0)] = 0

    queue_processor_interval: Positive = 60
    credits_check_interval: Positive = 600
    timeout_check_interval: Positive = 300
    storage_check_interval: Positive = 600
    sweep_interval: Positive = 15
    generation_poll_interval: Positive = 15
    ambiguous_grace_seconds: Positive = 240
    order_probe_seconds: Annotated[float, Field(gt=0)] = 10
    min_available_credits: Annotated[int, Field(ge=0)] = 5000
    song_credits: Positive = 100
    webhook_timeout_minutes: Annotated[float, Field(gt=0)] = 10
    song_service_patience_hours: Annotated[float, Field(gt=0)] = 24
    api_request_timeout_seconds: Annotated[float, Field(gt=0)] = 30

    storage_url: StoreUrl = ""
    storage_endpoint_url: EndpointUrl = ""
    storage_access_key_id: Secret = None
    storage_secret_access_key: Secret = None
    storage_region: str = "us-east-1"
    img_storage: Path = Path("storage/uploads")
    audio_storage: Path = Path("storage/audio")
    video_storage: Path = Path("storage/video")
    preview_storage: Path = Path("storage/preview")
    files_sent_by: Literal["", "nginx", "apache"] = ""
    file_retention_days: Positive = 30
    cleanup_hour: Annotated[int, Field(ge=0, le=23)] = 3
    photo_timeout_seconds: Annotated[float, Field(gt=0)] = 5
    photo_memory_limit_mb: PhotoMemory = 128
    storage_warning_percent: Percent = 80
    storage_stop_percent: Percent = 95

    render_formats: Formats = ("square", "story")
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
    heartbeat_file: Annotated[Path | None, Unset] = None

    admin_username: str = "admin"
    admin_password: Secret = None

    simulator_delay_seconds: Annotated[float, Field(ge=0)] = 8

    @model_validator(mode="after")
    def _keys_fit_together(self) -> Self:
        if (self.storage_access_key_id is None) != (self.storage_secret_access_key is None):
            raise ValueError("set STORAGE_ACCESS_KEY_ID and STORAGE_SECRET_ACCESS_KEY, or neither")
        return self

    @model_validator(mode="after")
    def _proxy_finds_files(self) -> Self:
        if self.files_sent_by and not self.storage_url.startswith("file:"):
            raise ValueError("FILES_SENT_BY needs STORAGE_URL to name a folder, file:///folder")
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        uses_sqlite = self.database_url.startswith("sqlite://")
        if uses_sqlite and self.redis_url:
            raise ValueError("REDIS_URL needs DATABASE_URL to name a PostgreSQL database")
        if not uses_sqlite and not self.redis_url:
            raise ValueError("REDIS_URL must be set too, because DATABASE_URL names PostgreSQL")
        if not self.is_embedded and self.sonauto_api_key is None:
            raise ValueError("SONAUTO_API_KEY must be set if REDIS_URL is set")
        webhook = urlsplit(self.webhook_base_url)
        is_private = webhook.scheme == "http" and webhook.hostname in LOOPBACK_HOSTS
        if self.sonauto_api_key is not None and webhook.scheme != "https" and not is_private:
            raise ValueError("WEBHOOK_BASE_URL must be the site's public https:// address")
        return self

    @model_validator(mode="after")
    def _can_be_rendered(self) -> Self:
        for name in self.render_formats:
            try:
                self._build_spec(name)
            except BadSpec as error:
                variables = ", ".join(dict.fromkeys(_video_variables(name).values()))
                raise ValueError(f"{variables}: cannot render {name} videos: {error}") from error
        return self

    @property
    def is_embedded(self) -> bool:
        """Return whether everything runs in this one process (no Redis)."""
        return self.redis_url is None

    @property
    def is_simulated(self) -> bool:
        """Return whether songs come from the simulator, because no API key is set."""
        return self.sonauto_api_key is None

    @property
    def uses_objects(self) -> bool:
        """Return whether files are stored in a bucket, not in folders."""
        return self.storage_url.startswith("s3:")

    def webhook_url(self, token: str) -> str:
        """The URL at which the song service reports the end of one generation."""
        return f"{self.webhook_base_url.rstrip('/')}{WEBHOOK_PATH}/{token}"

    def list_secrets(self) -> list[str]:
        """All keys and passwords in plain text, for masking them in output."""
        keys = (
            *(self.sonauto_api_key, self.admin_password),
            *(self.storage_access_key_id, self.storage_secret_access_key),
        )
        urls = (self.database_url, self.redis_url or "")
        # The password as written in the URL, and decoded below.
        written = [urlsplit(url).password or "" for url in urls]
        return [key.get_secret_value() for key in keys if key] + [
            form for password in written if password for form in (password, unquote(password))
        ]

    @property
    def formats(self) -> Mapping[str, RenderSpec]:
        """The spec of each format that is rendered, the main one first."""
        return {name: self._build_spec(name) for name in self.render_formats}

    @property
    def main_format(self) -> str:
        """The format of the video shown on the pages."""
        return self.render_formats[0]

    def _build_spec(self, name: str) -> RenderSpec:
        ours: dict[str, Any] = {
            number: getattr(self, variable.lower())
            for number, variable in _video_variables(name).items()
        }
        return replace(FORMATS[name], crf=self.video_crf, **ours)


def load_settings() -> Settings:
    """Read and validate the environment and `.env`.

    Raises SettingsError with one line per invalid variable; values are never quoted.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        lines = [
            ": ".join(
                [
                    *map(str.upper, map(str, problem["loc"])),
                    problem["msg"].removeprefix("Value error, "),
                ]
            )
            for problem in problems
        ]
        raise SettingsError("\n".join(lines)) from None


def _video_variables(name: str) -> Mapping[str, str]:
    return SQUARE_VARIABLES | VIDEO_VARIABLES if name == "square" else VIDEO_VARIABLES
