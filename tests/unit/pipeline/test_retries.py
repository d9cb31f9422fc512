import pytest

from server.pipeline.retries import BACKOFF_S, JITTER, backoff_s


@pytest.mark.parametrize(("attempts", "base"), [(1, 10), (2, 30), (3, 60), (4, 60), (99, 60)])
def test_backoff_follows_the_spec_within_its_jitter(attempts: int, base: float) -> None:
    waits = [backoff_s(attempts) for _ in range(200)]

    assert base * (1 - JITTER) <= min(waits) < max(waits) <= base * (1 + JITTER)
    assert BACKOFF_S == (10, 30, 60)
