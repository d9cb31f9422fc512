"""Thousands of submissions wait: served in order, never more at once than there are slots."""

import asyncio
import random
from datetime import timedelta

from tortoise import connections

from server.clock import now
from server.services import Services
from server.submissions.lifecycle import SLOT_STAGES, Stage
from server.submissions.model import Submission
from server.submissions.transitions import claim_slots
from tests.forms import ANSWERS

WAITING = 6_000
ROUNDS = 12


async def let_wait(count: int) -> list[str]:
    """Insert queued submissions in random order; return their ids, the oldest first."""
    moment = now()
    ids = [f"w{number:023d}" for number in range(count)]
    rows = [
        Submission(
            session_id=session_id,
            # Pairs arrived at the same moment.
            created_at=moment - timedelta(seconds=count - number // 2),
            photo_path="",
            next_run_at=moment,
            **ANSWERS,
        )
        for number, session_id in enumerate(ids)
    ]
    random.Random(14).shuffle(rows)
    await Submission.bulk_create(rows, batch_size=500)
    return ids


async def test_6000_are_served_in_order_and_never_exceed_the_slots(
    services: Services,
) -> None:
    slots = services.settings.max_concurrent_requests
    expected = await let_wait(WAITING)
    served: list[str] = []

    for _ in range(ROUNDS):
        claims = await asyncio.gather(*(claim_slots(services) for _ in range(3)))
        claimed = sorted(session_id for claim in claims for session_id in claim)
        served += claimed
        at_work = Submission.filter(stage__in=SLOT_STAGES)
        assert await at_work.count() == slots
        done = claimed[: random.Random(len(served)).randint(1, slots)]
        await Submission.filter(session_id__in=done).update(stage=Stage.READY)

    assert served == expected[: len(served)]
    assert len(served) > slots


async def test_the_queue_is_read_in_order_from_an_index(services: Services) -> None:
    await let_wait(WAITING)
    connection = connections.get(Submission._meta.default_connection or "")
    await connection.execute_script("ANALYZE")
    waiting = Submission.filter(stage=Stage.QUEUED, next_run_at__lte=now())
    query = (
        waiting.order_by("created_at", "session_id")
        .limit(10)
        .only("session_id")
        .sql(params_inline=True)
    )

    explain = "EXPLAIN QUERY PLAN" if services.settings.is_embedded else "EXPLAIN"
    plan = str([dict(row) for row in await connection.execute_query_dict(f"{explain} {query}")])

    assert "idx_submissions_stage" in plan, plan
    assert "Sort" not in plan, plan
    assert "TEMP B-TREE" not in plan, plan
