"""`petsong backup FILE`: the database and the files of its submissions in one tar file.

The rows are a consistent snapshot. The files are read afterwards, so none is missing unless it was
deleted meanwhile. The manifest with all checksums is written last: a file without it is incomplete.
The format does not depend on the kind of database or storage.
"""

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final

from tortoise import BaseDBAsyncClient, Model
from tortoise.transactions import in_transaction

from server.clock import now, to_wire
from server.database.connection import open_database
from server.database.schema import list_steps
from server.settings import Settings
from server.storage import Storage, Workspace, open_storage
from server.storage.names import FOLDER_NAMES
from server.submissions.model import CookieQuota, GenerationAttempt, SongAccount, Submission

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
TABLES: Final[dict[str, type[Model]]] = {
    "submissions": Submission,
    "generation_attempts": GenerationAttempt,
    "cookie_quotas": CookieQuota,
    "song_accounts": SongAccount,
}
"""All tables except heartbeats and scheduled runs, which are about running processes."""
BATCH: Final = 200
"""Rows in memory at a time; they include lyrics and full answers."""

Checksums = dict[str, str]


async def back_up(settings: Settings, target: Path) -> str:
    """Write the backup and return a one-line summary; an incomplete one is named `.part`.

    Raises DatabaseUnavailable, StorageUnavailable or OSError.
    """
    draft = target.with_name(f"{target.name}.part")
    async with open_storage(settings) as storage, open_database(settings):
        with draft.open("wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                sums = await _add_tables(tar, draft.parent)
                num_tables = len(sums)
                await _add_files(tar, storage, sums)
                _add_manifest(tar, sums)
            size_mb = file.tell() / 1e6
            file.flush()
            os.fsync(file.fileno())
    draft.replace(target)
    return f"{target}: {num_tables} tables, {len(sums) - num_tables} files, {size_mb:.1f} MB"


async def _add_tables(tar: tarfile.TarFile, folder: Path) -> Checksums:
    sums: Checksums = {}
    async with in_transaction() as connection:
        if connection.capabilities.dialect == "postgres":
            await connection.execute_query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for table, model in TABLES.items():
            # A tar entry starts with its size. The file is next to the target because TMPDIR may be
            # in memory.
            with TemporaryFile(dir=folder) as lines:
                await _dump(model, connection, lines)
                size = lines.tell()
                lines.seek(0)
                _add(tar, f"database/{table}.jsonl", lines, size, sums)
    return sums


async def _dump(model: type[Model], connection: BaseDBAsyncClient, lines: IO[bytes]) -> None:
    key = model._meta.pk_attr
    rows = model.all().using_db(connection).order_by(key).limit(BATCH)
    found: list[dict[str, Any]] = await rows.values()
    while found:
        for row in found:
            line = json.dumps(row, default=lambda moment: moment.isoformat())
            lines.write(f"{line}\n".encode())
        found = await rows.filter(**{f"{key}__gt": found[-1][key]}).values()


async def _add_files(tar: tarfile.TarFile, storage: Storage, sums: Checksums) -> None:
    async with storage.workspace() as workspace:
        async for files in storage.list_files():
            for found in files:
                if storage.find_owner(found.path) and not storage.is_draft(found.path):
                    await _add_file(tar, storage, workspace, found.path, sums)


async def _add_file(
    tar: tarfile.TarFile, storage: Storage, workspace: Workspace, path: Path, sums: Checksums
) -> None:
    number = storage.folders.index(path.parent)
    local = workspace.folders[number] / path.name
    await workspace.fetch(local)
    try:
        with local.open("rb") as content:
            size = os.fstat(content.fileno()).st_size
            _add(tar, f"files/{FOLDER_NAMES[number]}/{path.name}", content, size, sums)
    except FileNotFoundError:
        return  # deleted since it was listed
    if local != path:  # a copy of an object
        local.unlink()


def _add_manifest(tar: tarfile.TarFile, sums: Checksums) -> None:
    facts = {"format": FORMAT, "made_at": to_wire(now()), "schema": list_steps()[-1]}
    content = json.dumps(facts | {"sha256": sums}, indent=1).encode()
    _add(tar, MANIFEST, io.BytesIO(content), len(content), {})


def _add(tar: tarfile.TarFile, name: str, content: IO[bytes], size: int, sums: Checksums) -> None:
    sums[name] = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
    content.seek(0)
    member = tarfile.TarInfo(name)
    member.size = size
    member.mtime = int(now().timestamp())
    tar.addfile(member, content)
    # Not needed for writing, and 1 kB per file.
    tar.getmembers().clear()
