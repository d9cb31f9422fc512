import pytest

from server.submissions.forecast import Forecast
from server.submissions.lifecycle import Stage

FORECAST = Forecast(composing_s=100, finishing_s=10, slots=10)


def middle(bounds: tuple[int, int]) -> float:
    return sum(bounds) / 2


def test_the_range_is_ordered_and_never_below_zero() -> None:
    for stage in Stage:
        for elapsed_s in (0.0, 50.0, 5000.0):
            low, high = FORECAST.remaining(stage, elapsed_s, position=3)
            assert 0 <= low <= high


def test_a_full_round_ahead_costs_one_composing_time() -> None:
    first = FORECAST.remaining(Stage.QUEUED, 0, position=10)
    second = FORECAST.remaining(Stage.QUEUED, 0, position=11)

    assert middle(second) - middle(first) == pytest.approx(100 * (0.7 + 1.6) / 2)


def test_time_spent_composing_is_taken_off() -> None:
    fresh = FORECAST.remaining(Stage.COMPOSING, 0, None)
    half_way = FORECAST.remaining(Stage.COMPOSING, 50, None)

    assert half_way[1] < fresh[1]
    assert FORECAST.remaining(Stage.RENDERING, 0, None)[1] < half_way[1]
