"""Types and validators for the values of environment variables."""

from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from renderer import FORMATS

EMBEDDED_DATABASE: Final = "sqlite://var/petsong.sqlite3"

LEAST_PHOTO_MEMORY_MB: Final = 64


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
    return value


def _are_formats(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names or len(set(names)) < len(names) or not set(names) <= FORMATS.keys():
        raise ValueError(f"choose one or more of {', '.join(FORMATS)}, each once")
    return names


def _are_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}":
            raise ValueError("write https://host, https://other-host:port, ... without paths")
    return origins


def _use_asyncpg(url: str) -> str:
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "asyncpg://" + url.removeprefix(scheme)
    return url or EMBEDDED_DATABASE


def _names_a_store(url: str) -> str:
    parts = urlsplit(url)
    is_folder = parts.scheme == "file" and not parts.netloc and parts.path.startswith("/")
    is_bucket = parts.scheme == "s3" and parts.netloc
    if url and not (is_folder or is_bucket):
        raise ValueError("write file:///folder or s3://bucket/prefix")
    return url


def _names_an_endpoint(url: str) -> str:
    if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc):
        raise ValueError("write https://host, or http://host:port")
    return url.rstrip("/")


def _names_a_contact(uri: str) -> str:
    is_address = uri.startswith(("mailto:", "https://", "tel:")) and uri.isprintable()
    if uri and (not is_address or " " in uri):
        raise ValueError("write mailto:name@host, https://page or tel:number")
    return uri


LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
    BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value),
]
Positive = Annotated[int, Field(gt=0)]
Percent = Annotated[int, Field(ge=1, le=100)]
Unset = BeforeValidator(lambda value: value or None)
"""Treats an empty variable as unset."""
Secret = Annotated[SecretStr | None, Unset]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Formats = Annotated[Words, AfterValidator(_are_formats)]
Origins = Annotated[Words, AfterValidator(_are_origins)]
# Both may contain a password, so they are not shown.
DatabaseUrl = Annotated[str, AfterValidator(_use_asyncpg), Field(repr=False)]
RedisUrl = Annotated[str | None, Unset, Field(repr=False)]
PhotoMemory = Annotated[int, Field(ge=LEAST_PHOTO_MEMORY_MB)]
StoreUrl = Annotated[str, AfterValidator(_names_a_store)]
EndpointUrl = Annotated[str, AfterValidator(_names_an_endpoint)]
Contact = Annotated[str, AfterValidator(_names_a_contact)]
