"""The client's contract.ts says what the server sends: the two meet nowhere but on the wire."""

import re
from enum import EnumType
from pathlib import Path

import pytest
from pydantic import BaseModel

from realtime.events import NOT_FOUND, Event, Snapshot
from renderer import FORMATS
from server.submissions.form import SubmissionForm
from server.submissions.lifecycle import EntryStatus, FailureReason, Stage
from server.web.routes.results import SongResult, VideoFile
from tests.sources import read

CONTRACT = read(Path("client/src/contract.ts"))


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
    interface = re.search(r"export interface Snapshot \{(.*?)\n\}", CONTRACT, re.DOTALL)
    assert interface
    assert re.findall(r"^  (\w+):", interface[1], re.MULTILINE) == fields


@pytest.mark.parametrize("model", [SongResult, VideoFile])
def test_a_result_has_the_fields_that_the_server_sends(model: type[BaseModel]) -> None:
    interface = re.search(rf"export interface {model.__name__} \{{(.*?)\n\}}", CONTRACT, re.DOTALL)
    assert interface
    declared = re.findall(r"^  (\w+):", interface[1], re.MULTILINE)
    # These two say that it is a result and not another answer, which the client sees by its code.
    sent = [name for name in model.model_fields if name not in ("success", "status")]
    assert declared == sent


def test_the_client_offers_a_format_that_exists() -> None:
    assert text_of("FORMAT_STORY") in FORMATS


def test_a_submission_has_the_fields_that_the_form_takes() -> None:
    interface = re.search(
        r"interface Submission extends PerField.*? \{(.*?)\n\}", CONTRACT, re.DOTALL
    )
    assert interface
    others = re.findall(r"^  (\w+):", interface[1], re.MULTILINE)
    assert list_of("SUBMISSION_FIELDS") + others == list(SubmissionForm.model_fields)


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


def test_the_closed_lists_are_the_servers() -> None:
    # A paid request under way is shown as the queue it still stands in.
    shown_stages = [stage for stage in Stage if stage is not Stage.SENDING]
    assert list_of("STAGES") == shown_stages
    assert list_of("ENTRY_STATUSES") == list(EntryStatus)
    assert sorted(list_of("FAILURE_REASONS")) == sorted(FailureReason)
