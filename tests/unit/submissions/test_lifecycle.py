"""The table of stages matches the design and the specification."""

import pytest

from server.submissions.lifecycle import (
    OPEN_STAGES,
    SLOT_STAGES,
    STATUS_OF,
    TRANSITIONS,
    WORKING_STAGES,
    EntryStatus,
    Stage,
    sources,
)

RANK = {status: rank for rank, status in enumerate(EntryStatus)}


def test_every_stage_has_a_status_and_exits() -> None:
    assert set(STATUS_OF) == set(TRANSITIONS) == set(Stage)


@pytest.mark.parametrize("stage", Stage)
def test_no_move_takes_a_status_back(stage: Stage) -> None:
    for target in TRANSITIONS[stage]:
        assert RANK[STATUS_OF[target]] >= RANK[STATUS_OF[stage]]


@pytest.mark.parametrize("stage", sorted(OPEN_STAGES))
def test_every_open_stage_can_fail_and_reach_ready(stage: Stage) -> None:
    assert Stage.FAILED in TRANSITIONS[stage]
    reached, frontier = {stage}, {stage}
    while frontier:
        frontier = {exit_ for one in frontier for exit_ in TRANSITIONS[one]} - reached
        reached |= frontier
    assert Stage.READY in reached


def test_final_stages_have_no_exits_and_hold_no_slot() -> None:
    assert set(Stage) - OPEN_STAGES == {Stage.READY, Stage.FAILED}
    assert SLOT_STAGES <= WORKING_STAGES < OPEN_STAGES


@pytest.mark.parametrize("target", Stage)
def test_sources_are_the_table_read_backwards(target: Stage) -> None:
    assert sources(target) == {stage for stage in Stage if target in TRANSITIONS[stage]}
