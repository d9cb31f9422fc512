"""What a limited address is told, and that its window slides; on Redis and in memory."""

import re
import time

import pytest

from server.limits import Rule
from server.submissions.model import CookieQuota
from tests.integration.conftest import Client, Connect, OpenStack
from tests.integration.web.forms import UNKNOWN_ID, form

HALF_AN_HOUR_S = 1800
LEFT = re.compile(r'"results";r=(\d+);t=(\d+)')


async def test_every_answer_of_a_limited_route_states_what_is_left(
    open_stack: OpenStack, connect: Connect
) -> None:
    async with open_stack(results_per_hour_per_ip=2) as services:
        client = connect(services)

        answers = [await client.get(f"/api/results/{UNKNOWN_ID}") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [404, 404, 429]
        assert {answer.headers["RateLimit-Policy"] for answer in answers} == {
            '"results";q=2;w=3600'
        }
        left = [LEFT.fullmatch(answer.headers["RateLimit"]) for answer in answers]
        assert [match and match[1] for match in left] == ["1", "0", "0"]
        assert answers[-1].headers["Retry-After"] == (left[-1] and left[-1][2])
        assert "RateLimit" not in (await client.get("/")).headers


async def test_a_browser_without_quota_is_told_to_come_another_day(client: Client) -> None:
    await CookieQuota.create(cookie_id="cookie_abc123xyz", used=10)

    answer = await client.post("/api/submissions", json=form())

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "86400")


async def test_requests_are_allowed_again_once_the_window_has_moved(
    open_stack: OpenStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Redis counts by the time it is given.
    passed_s = 0
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + passed_s)
    async with open_stack(results_per_hour_per_ip=3) as services:

        async def is_admitted() -> bool:
            return not (await services.limits.count(Rule.RESULTS, "192.0.2.1")).is_exceeded

        assert [await is_admitted() for _ in range(2)] == [True, True]
        passed_s += HALF_AN_HOUR_S
        assert [await is_admitted() for _ in range(2)] == [True, False]
        passed_s += HALF_AN_HOUR_S + 1
        # The first two are an hour old, the third is not: a fixed window would drop it, too.
        assert [await is_admitted() for _ in range(3)] == [True, True, False]
