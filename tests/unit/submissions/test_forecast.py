"""What recent songs predict for the next one, and how such forecasts are judged."""

from datetime import UTC, datetime, timedelta

from server.submissions.forecast import (
    FEWEST_SONGS,
    Accuracy,
    Forecast,
    Song,
    Span,
    judge,
    make_forecast,
)
from server.submissions.lifecycle import Stage

SLOTS = 10
FORECAST = Forecast(composing=Span(80, 100, 150), finishing=Span(8, 10, 20))
START = datetime(2026, 2, 14, 10, 30, tzinfo=UTC)


def song(ordered_s: float, composing_s: float = 100, finishing_s: float = 10) -> Song:
    ordered = START + timedelta(seconds=ordered_s)
    composed = ordered + timedelta(seconds=composing_s)
    return Song(ordered, composed, composed + timedelta(seconds=finishing_s))


def test_the_range_is_ordered_and_never_below_zero() -> None:
    for stage in Stage:
        for elapsed_s in (0.0, 50.0, 5000.0):
            low, high = FORECAST.remaining(stage, elapsed_s, 3, SLOTS)
            assert 0 <= low < high


def test_a_queue_waits_for_whole_rounds_and_for_the_rest_of_the_one_under_way() -> None:
    assert FORECAST.remaining(Stage.QUEUED, 0, 10, SLOTS) == (88, 100 + 170)
    assert FORECAST.remaining(Stage.QUEUED, 0, 11, SLOTS) == (100 + 88, 200 + 170)


def test_time_spent_in_a_part_is_taken_off_and_waiting_for_an_answer_is_not() -> None:
    assert FORECAST.remaining(Stage.SENDING, 60, 1, SLOTS) == (88, 170)
    assert FORECAST.remaining(Stage.COMPOSING, 60, None, SLOTS) == (20 + 8, 90 + 20)
    assert FORECAST.remaining(Stage.RENDERING, 5, None, SLOTS) == (3, 15)


def test_a_song_slower_than_most_is_about_to_finish() -> None:
    assert FORECAST.remaining(Stage.COMPOSING, 500, None, SLOTS) == (8, 10 + 20)
    assert FORECAST.remaining(Stage.RENDERING, 500, None, SLOTS) == (0, 1)


def test_there_is_no_forecast_with_too_few_songs() -> None:
    assert make_forecast([song(0)] * (FEWEST_SONGS - 1)) is None
    assert make_forecast([song(0)] * FEWEST_SONGS) is not None


def test_the_middle_is_a_median_which_one_slow_song_does_not_move() -> None:
    usual = [song(0, composing_s) for composing_s in (90, 95, 100, 105, 110, 115, 120, 125)]

    forecast = make_forecast([*usual, song(0, 3600)])

    assert forecast is not None
    assert forecast.composing.middle == 110
    assert 90 <= forecast.composing.low < 110 < forecast.composing.high < 3600
    assert forecast.finishing == Span(10, 10, 10)


def test_forecasts_are_judged_by_the_songs_that_were_ready_at_the_order() -> None:
    known = [song(-1000 - number) for number in range(FEWEST_SONGS)]
    right, late = song(0), song(1, composing_s=160)

    assert judge([right, *known]) == Accuracy(1.0, 0.0)
    assert judge([late, *known]) == Accuracy(0.0, 60.0)
    assert judge([late, right, *known]) == Accuracy(0.5, 30.0)


def test_a_song_is_no_evidence_for_orders_before_it_was_ready() -> None:
    side_by_side = [song(number) for number in range(20)]

    assert judge(side_by_side) is None
