"""The stages of a submission and the moves between them; everything else follows from this table.

    queued ──► sending ──► composing ──► downloading ──► rendering ──► ready
      ▲ │         │ │          │              │              │
      └─┼─────────┘ └──────────┴──────┬───────┴──────────────┘
        └── adopted ──► composing     ▼
                                   failed

A row is `queued` until one of the song service's slots is free, `sending` while the paid request is
under way or its answer is unknown, and `composing` until the song service reports an end. It goes
back from `sending` to `queued` if the request certainly bought nothing. A webhook may report a song
whose answer was lost; that song is then adopted. `ready` and `failed` are final.
"""

from enum import StrEnum
from typing import Final


class EntryStatus(StrEnum):
    """The spec's overall status, as visitors and the API know it."""

    PENDING = "pending"
    PROCESSING = "processing"
    SUCCESS = "success"
    FAIL = "fail"


class Stage(StrEnum):
    """The stage of a submission; `entry_status` is derived from it."""

    QUEUED = "queued"
    SENDING = "sending"
    COMPOSING = "composing"
    DOWNLOADING = "downloading"
    RENDERING = "rendering"
    READY = "ready"
    FAILED = "failed"


class FailureReason(StrEnum):
    """Why a submission failed, in terms that visitors can be told."""

    REJECTED = "rejected"
    GENERATION_FAILED = "generation_failed"
    SERVICE_ERROR = "service_error"
    TIMEOUT = "timeout"
    DOWNLOAD_FAILED = "download_failed"
    PHOTO_UNREADABLE = "photo_unreadable"
    RENDER_FAILED = "render_failed"
    STOPPED = "stopped"


STATUS_OF: Final = {
    Stage.QUEUED: EntryStatus.PENDING,
    Stage.SENDING: EntryStatus.PENDING,
    Stage.COMPOSING: EntryStatus.PROCESSING,
    Stage.DOWNLOADING: EntryStatus.PROCESSING,
    Stage.RENDERING: EntryStatus.PROCESSING,
    Stage.READY: EntryStatus.SUCCESS,
    Stage.FAILED: EntryStatus.FAIL,
}

TRANSITIONS: Final[dict[Stage, frozenset[Stage]]] = {
    Stage.QUEUED: frozenset({Stage.SENDING, Stage.COMPOSING, Stage.FAILED}),
    Stage.SENDING: frozenset({Stage.QUEUED, Stage.COMPOSING, Stage.FAILED}),
    Stage.COMPOSING: frozenset({Stage.DOWNLOADING, Stage.FAILED}),
    Stage.DOWNLOADING: frozenset({Stage.RENDERING, Stage.FAILED}),
    Stage.RENDERING: frozenset({Stage.READY, Stage.FAILED}),
    Stage.READY: frozenset(),
    Stage.FAILED: frozenset(),
}

OPEN_STAGES: Final = frozenset(stage for stage, exits in TRANSITIONS.items() if exits)
WORKING_STAGES: Final = OPEN_STAGES - {Stage.QUEUED}
"""Stages in which some task has to act on the row; `queued` waits for a slot instead."""
SLOT_STAGES: Final = frozenset({Stage.SENDING, Stage.COMPOSING})
"""Stages that occupy one of the song service's parallel slots."""


def sources(target: Stage) -> frozenset[Stage]:
    """Return the stages that may move to `target`."""
    return frozenset(stage for stage, exits in TRANSITIONS.items() if target in exits)
