"""The client's contract.ts matches what the server sends; the two meet only on the wire."""

import builtins
import dataclasses
import re
import types
from enum import EnumType
from pathlib import Path
from types import NoneType
from typing import get_args, get_origin

import pytest
from pydantic import BaseModel

from realtime.events import NOT_FOUND, Event, Snapshot
from renderer import FORMATS
from server.submissions.form import SubmissionForm
from server.submissions.lifecycle import EntryStatus, FailureReason, Stage
from server.submissions.lyrics import LyricsSection
from server.web.routes import admin
from server.web.routes.results import SongResult, VideoFile
from tests.sources import read

CONTRACT = read(Path("client/src/contract.ts"))
ADMIN = read(Path("client/src/contract-admin.ts"))


def list_of(name: str) -> list[str]:
    """Return the words of `export const NAME = [...] as const`."""
    found = re.search(rf"export const {name} = \[(.*?)\] as const", CONTRACT, re.DOTALL)
    assert found, f"contract.ts has no list {name}"
    return re.findall(r"'([^']*)'", found[1])


def text_of(name: str) -> str:
    """Return the text of `export const NAME = '...'`."""
    found = re.search(rf"export const {name} = '([^']*)'", CONTRACT)
    assert found, f"contract.ts has no text {name}"
    return found[1]


def types_of(source: str, name: str) -> dict[str, str]:
    """Return the fields of `export interface NAME { ... }` with their types."""
    found = re.search(rf"export interface {name}(?: extends \S+)? \{{(.*?)\n\}}", source, re.DOTALL)
    assert found, f"there is no interface {name}"
    return dict(re.findall(r"^  (\w+): (.+)$", found[1], re.MULTILINE))


def spell(annotation: object) -> str:
    """Return a type of the server's as TypeScript spells it."""
    simple = {str: "string", int: "number", float: "number", bool: "boolean", NoneType: "null"}
    if isinstance(annotation, type) and annotation in simple:
        return simple[annotation]
    match get_origin(annotation), get_args(annotation):
        case types.UnionType, options:
            return " | ".join(map(spell, options))
        case builtins.list, [item]:
            return f"{spell(item)}[]"
        case builtins.dict, [key, value]:
            return f"Record<{spell(key)}, {spell(value)}>"
    return getattr(annotation, "__name__", str(annotation))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("EVENT_WATCH", Event.WATCH),
        ("EVENT_STATUS", Event.STATUS),
        ("ERROR_NOT_FOUND", NOT_FOUND["error"]),
    ],
)
def test_the_client_knows_the_events_by_their_names(name: str, expected: str) -> None:
    assert text_of(name) == expected


def test_the_client_knows_every_event() -> None:
    declared = re.findall(r"export const EVENT_\w+ = '([^']*)'", CONTRACT)
    assert sorted(declared) == sorted(Event)


def test_a_snapshot_has_the_same_fields_in_the_same_order() -> None:
    fields = list(Snapshot.__annotations__)
    assert list_of("SNAPSHOT_FIELDS") == fields
    assert list(types_of(CONTRACT, "Snapshot")) == fields


@pytest.mark.parametrize("model", [SongResult, VideoFile])
def test_a_result_has_the_fields_that_the_server_sends(model: type[BaseModel]) -> None:
    declared = list(types_of(CONTRACT, model.__name__))
    # These two tell a result from other answers, which the client does by status code.
    sent = [name for name in model.model_fields if name not in ("success", "status")]
    assert declared == sent


def test_a_section_of_lyrics_has_the_fields_that_the_server_sends() -> None:
    sent = [field.name for field in dataclasses.fields(LyricsSection)]
    assert list(types_of(CONTRACT, "LyricsSection")) == sent


@pytest.mark.parametrize(
    "model",
    [
        admin.QueueStatus,
        admin.OpenSubmission,
        admin.FailedSubmission,
        admin.PoisonSubmission,
        admin.StoppedOrders,
    ],
)
def test_the_admin_page_knows_what_the_server_sends(model: type[BaseModel]) -> None:
    sent = {name: spell(field.annotation) for name, field in model.model_fields.items()}
    assert types_of(ADMIN, model.__name__) == sent


def test_the_client_offers_a_format_that_exists() -> None:
    assert text_of("FORMAT_STORY") in FORMATS


def test_a_submission_has_the_fields_that_the_form_takes() -> None:
    others = types_of(CONTRACT, "Submission")
    assert [*list_of("SUBMISSION_FIELDS"), *others] == list(SubmissionForm.model_fields)


def test_the_form_offers_the_options_that_the_server_takes() -> None:
    options = re.search(r"export const OPTIONS = \{(.*?)\} as const", CONTRACT, re.DOTALL)
    assert options
    offered = {
        field: re.findall(r"'([^']*)'", listed)
        for field, listed in re.findall(r"(\w+): \[(.*?)\]", options[1])
    }
    fields = SubmissionForm.model_fields.items()
    taken = {name: field.annotation for name, field in fields}
    enums = {name: kind for name, kind in taken.items() if isinstance(kind, EnumType)}
    assert offered == {name: [str(option) for option in kind] for name, kind in enums.items()}


def test_the_closed_lists_match_the_servers() -> None:
    # A paid order in progress is shown as still in the queue.
    shown_stages = [stage for stage in Stage if stage is not Stage.SENDING]
    assert list_of("STAGES") == shown_stages
    assert list_of("ENTRY_STATUSES") == list(EntryStatus)
    assert sorted(list_of("FAILURE_REASONS")) == sorted(FailureReason)
