"""`petsong restore FILE`: restores a backup into an empty installation.

Everything is checked before anything is written. Files are written first and all rows last, in one
transaction, so an interrupted restore can be repeated.
"""

import hashlib
import json
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from tortoise import Model
from tortoise.transactions import in_transaction

from server.commands.backup import FORMAT, MANIFEST, TABLES
from server.database.connection import open_database
from server.database.schema import migrate
from server.errors import BackupUnusable, StartError
from server.settings import Settings
from server.storage import Storage, Workspace, attach_video, open_storage, partial, read_video_name
from server.storage.names import FOLDER_NAMES
from server.submissions.model import Submission

BATCH: Final = 200
"""Rows in memory at a time; they include lyrics and full answers."""


async def restore(settings: Settings, source: Path) -> str:
    """Restore the backup and return a one-line summary.

    Raises BackupUnusable if the file is incomplete, StartError if the installation has submissions.
    """
    try:
        with tarfile.open(source) as tar:
            async with open_storage(settings) as storage:
                await storage.check()
                _check(tar, storage)
                await migrate(settings)
                async with open_database(settings):
                    if await Submission.exists():
                        raise StartError("there are submissions here: restore where there are none")
                    num_files = await _restore_files(tar, storage)
                    num_rows = await _restore_rows(tar)
    except (OSError, tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise BackupUnusable(f"{source} cannot be restored: {error}") from error
    return f"{source}: {num_rows} rows and {num_files} files restored"


def _check(tar: tarfile.TarFile, storage: Storage) -> None:
    found = {}
    for member in tar:
        content = tar.extractfile(member) if member.isreg() else None
        if content is None or member.name in found:
            raise ValueError(f"{member.name!r} is not a file, or is a duplicate")
        found[member.name] = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
    if found.pop(MANIFEST, None) is None:
        raise ValueError("it has no manifest, so it is incomplete")
    manifest = json.load(_open(tar, MANIFEST))
    if manifest["format"] != FORMAT:
        raise ValueError("it was written by an incompatible release")
    for name in manifest["sha256"].keys() | found.keys():
        if manifest["sha256"].get(name) != found.get(name):
            raise ValueError(f"{name} is damaged, missing or unexpected")
    for name in found:
        _locate(name, storage)


def _locate(name: str, storage: Storage) -> tuple[int, str] | None:
    """Return a file's folder number and name, None for a table; raise ValueError for others."""
    parts = PurePosixPath(name).parts
    if len(parts) == 2 and parts[0] == "database" and parts[1].removesuffix(".jsonl") in TABLES:
        return None
    if len(parts) == 3 and parts[0] == "files" and parts[1] in FOLDER_NAMES:
        number = FOLDER_NAMES.index(parts[1])
        if storage.find_owner(storage.folders[number] / parts[2]):
            return number, parts[2]
    raise ValueError(f"{name!r} is not a name in our backups")


async def _restore_files(tar: tarfile.TarFile, storage: Storage) -> int:
    names = {
        row["session_id"]: (row["pet_name"], row["owner_name"])
        for row in _read_rows(tar, "submissions")
    }
    num_files = 0
    async with storage.workspace() as workspace:
        for member in tar.getmembers():
            place = None if member.name == MANIFEST else _locate(member.name, storage)
            if place is not None:
                number, name = place
                path = workspace.folders[number] / name
                await _restore_file(tar, member, workspace, path, names)
                num_files += 1
    return num_files


async def _restore_file(
    tar: tarfile.TarFile,
    member: tarfile.TarInfo,
    workspace: Workspace,
    path: Path,
    names: Mapping[str, tuple[str, str]],
) -> None:
    draft = partial(path, 0)
    content = tar.extractfile(member)
    assert content is not None
    with draft.open("wb") as file:
        shutil.copyfileobj(content, file)
    disposition = None
    video = read_video_name(path.stem) if path.parent == workspace.videos else None
    if video and video[0] in names:
        disposition = attach_video(*names[video[0]], video[1])
    await workspace.publish(draft, path, disposition)


async def _restore_rows(tar: tarfile.TarFile) -> int:
    num_rows = 0
    async with in_transaction() as connection:
        for table, model in TABLES.items():
            await model.all().using_db(connection).delete()
            rows = (_build(model, row) for row in _read_rows(tar, table))
            while batch := list(islice(rows, BATCH)):
                await model.bulk_create(batch, using_db=connection)
                num_rows += len(batch)
        if connection.capabilities.dialect == "postgres":
            await connection.execute_query(
                "SELECT setval(pg_get_serial_sequence('generation_attempts', 'id'),"
                " (SELECT COALESCE(MAX(id), 0) + 1 FROM generation_attempts), false)"
            )
    return num_rows


def _build(model: type[Model], row: dict[str, Any]) -> Model:
    # Unknown columns of another release are left out.
    return model(**{name: value for name, value in row.items() if name in model._meta.fields_map})


def _read_rows(tar: tarfile.TarFile, table: str) -> Iterator[dict[str, Any]]:
    return map(json.loads, _open(tar, f"database/{table}.jsonl"))


def _open(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    content = tar.extractfile(name)
    if content is None:
        raise ValueError(f"{name} is not a file")
    return content
