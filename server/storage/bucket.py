"""An S3 bucket; the only module that uses obstore.

Every failure is a StorageUnavailable with a one-line message that contains neither keys nor
response bodies.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from server.settings import Settings
from server.storage.store import StorageUnavailable

if TYPE_CHECKING:
    from obstore.store import S3Config

MAX_RETRIES: Final = 2
TIMEOUT: Final = timedelta(seconds=60)
CONNECT_TIMEOUT: Final = timedelta(seconds=5)
CHUNK_BYTES: Final = 1 << 20
CHUNK_KEYS: Final = 500
CONTENT_TYPES: Final = {".jpg": "image/jpeg", ".mp3": "audio/mpeg", ".mp4": "video/mp4"}


class Bucket:
    """Objects by key, below the prefix in STORAGE_URL."""

    def __init__(self, settings: Settings) -> None:
        self._store = S3Store.from_url(
            settings.storage_url,
            config=_configure(settings),
            client_options={
                "allow_http": settings.storage_endpoint_url.startswith("http://"),
                "timeout": TIMEOUT,
                "connect_timeout": CONNECT_TIMEOUT,
            },
            retry_config={"max_retries": MAX_RETRIES, "retry_timeout": TIMEOUT},
        )
        self.name = f"{settings.storage_url} at {settings.storage_endpoint_url or 'AWS'}"

    async def put(self, key: str, content: bytes | Path, disposition: str | None = None) -> None:
        """Write an object in one request, so that it appears completely or not at all.

        Browsers save it under the name in `disposition`, or else under the name in its key.
        """
        path = PurePosixPath(key)
        attributes = {
            "Content-Type": CONTENT_TYPES.get(path.suffix, "application/octet-stream"),
            # Players ignore it, and for other origins it is the only way to make a browser save the
            # file.
            "Content-Disposition": disposition or f'attachment; filename="{path.name}"',
            # Cached no longer than the redirect to it, so that deleted files disappear.
            "Cache-Control": "private, max-age=600",
        }
        with self._explained("write", key):
            await obstore.put_async(
                self._store, key, content, attributes=attributes, use_multipart=False
            )

    async def read(self, key: str) -> bytes:
        """Read a small object, which must exist."""
        with self._explained("read", key):
            answer = await obstore.get_async(self._store, key)
            return bytes(await answer.bytes_async())

    async def download(self, key: str, path: Path) -> bool:
        """Download an object to `path`; False, without creating a file, if it does not exist."""
        with self._explained("read", key):
            try:
                answer = await obstore.get_async(self._store, key)
            except FileNotFoundError:
                return False
            with path.open("wb") as file:
                async for chunk in answer.stream(min_chunk_size=CHUNK_BYTES):
                    file.write(chunk)
        return True

    async def exists(self, key: str) -> bool:
        with self._explained("read", key):
            try:
                await obstore.head_async(self._store, key)
            except FileNotFoundError:
                return False
        return True

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete objects in one request; missing ones are ignored."""
        with self._explained("delete", keys[0]):
            await obstore.delete_async(self._store, keys)

    async def list_objects(self) -> AsyncIterator[Sequence[tuple[str, int, datetime]]]:
        """Yield batches of (key, size, time of last change), some hundred at a time."""
        with self._explained("list", "objects"):
            async for found in obstore.list(self._store, chunk_size=CHUNK_KEYS):
                yield [(one["path"], one["size"], one["last_modified"]) for one in found]

    async def sign(self, key: str, lifetime: timedelta) -> str:
        """Return a URL from which anybody may GET an object during `lifetime`."""
        with self._explained("sign", key):
            return await obstore.sign_async(self._store, "GET", key, lifetime)

    @contextmanager
    def _explained(self, verb: str, key: str) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            raise StorageUnavailable(
                f"cannot {verb} {key} in {self.name}: {_explain(error)}"
            ) from error


def _configure(settings: Settings) -> "S3Config":
    config: S3Config = {"region": settings.storage_region}
    if settings.storage_endpoint_url:
        config["endpoint"] = settings.storage_endpoint_url
    if settings.storage_access_key_id and settings.storage_secret_access_key:
        config["access_key_id"] = settings.storage_access_key_id.get_secret_value()
        config["secret_access_key"] = settings.storage_secret_access_key.get_secret_value()
    return config


def _explain(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such bucket"
    if isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return "the key is refused, or does not allow it"
    # The first line names URL and cause; the response body after it may contain keys.
    return str(error).partition("\n")[0].partition("<?xml")[0].strip()
