"""Storage of a submission's files: in local folders or in an object store."""

from server.storage.folders import FolderStorage, publish, write_file
from server.storage.names import (
    PARTIAL_SUFFIX,
    Folders,
    partial,
    read_video_name,
    video_name,
)
from server.storage.opening import open_storage
from server.storage.saving import attach_video
from server.storage.store import Storage, StorageUnavailable, StoredFile, Workspace

__all__ = [
    "PARTIAL_SUFFIX",
    "FolderStorage",
    "Folders",
    "Storage",
    "StorageUnavailable",
    "StoredFile",
    "Workspace",
    "attach_video",
    "open_storage",
    "partial",
    "publish",
    "read_video_name",
    "video_name",
    "write_file",
]
