"""What a submission spent its time on."""

from datetime import UTC, datetime, timedelta

from server.submissions.lifecycle import Stage
from server.submissions.model import Submission
from server.submissions.phases import Phases, measure

START = datetime(2026, 2, 14, 12, tzinfo=UTC)


def at(seconds: float | None) -> datetime | None:
    return None if seconds is None else START + timedelta(seconds=seconds)


def row(*reached: float | None, end: float) -> Submission:
    sent, received, downloaded = (at(seconds) for seconds in (*reached, None, None, None)[:3])
    return Submission(
        stage=Stage.READY,
        created_at=START,
        sent_to_LLM=sent,
        received_from_LLM=received,
        downloaded_at=downloaded,
        stage_since=at(end),
    )


def test_the_phases_of_a_finished_song_add_up_to_its_total() -> None:
    phases = measure(row(1, 61, 63.5, end=70))

    assert phases == Phases(1, 60, 2.5, 6.5, 70, 10)


def test_the_phase_a_submission_failed_in_goes_up_to_its_end() -> None:
    assert measure(row(2, end=602)) == Phases(2, 600, None, None, 602, 2)
    assert measure(row(end=5)) == Phases(5, None, None, None, 5, 5)


def test_a_row_of_the_previous_release_has_one_phase_less() -> None:
    assert measure(row(1, 61, None, end=70)).rendering_s is None
