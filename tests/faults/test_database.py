"""PostgreSQL disconnects, restarts, deadlocks and loses acknowledgements."""

import asyncio
import signal

import pytest

from server.database.connection import POSTGRES_POOL
from server.ids import new_session_id
from tests.faults.fleet import Fleet
from tests.servers import Proxy, free_port, wait_until

CUT_ALL = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
DEADLOCK = """
CREATE SEQUENCE deadlocks;
CREATE FUNCTION deadlock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('deadlocks') <= {times} THEN
        RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '{code}';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER deadlock BEFORE {event} ON submissions
    FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION deadlock();
"""
NO_DEADLOCK = "DROP FUNCTION deadlock() CASCADE; DROP SEQUENCE deadlocks;"


@pytest.mark.fault(67)
async def test_connections_cut_mid_transaction_lose_no_receipt(fleet: Fleet) -> None:
    receipts: list[str] = []
    for number in range(8):
        request = asyncio.create_task(fleet.try_to_submit(f"cut-{number}"))
        await fleet.history.ask(CUT_ALL)
        receipts += filter(None, [await request])
    assert fleet.statuses() <= {200, 503}

    assert sorted((await fleet.check()).succeeded) == sorted(receipts)


@pytest.mark.fault(67)
@pytest.mark.parametrize(
    "by", [signal.SIGQUIT, pytest.param(signal.SIGINT, marks=pytest.mark.soak)]
)
async def test_a_recovered_database_is_used_again(fleet: Fleet, by: signal.Signals) -> None:
    songs = await fleet.submit_many(3)
    await fleet.reach(songs[0], "composing")
    await fleet.postgres.stop(by)
    assert await fleet.try_to_submit("away") is None
    await fleet.postgres.start()

    async def is_taken() -> str | None:
        return await fleet.try_to_submit("away")

    songs.append(str(await wait_until(is_taken)))

    assert fleet.statuses() <= {200, 503}
    assert sorted((await fleet.check()).succeeded) == sorted(songs)


@pytest.mark.fault(67)
async def test_an_exhausted_pool_keeps_nobody_waiting(fleet: Fleet) -> None:
    size = int(POSTGRES_POOL["maxsize"])
    # Snapshot requests would share one query.
    path = f"/api/submissions/{new_session_id()}/status"
    await fleet.history.execute("BEGIN; LOCK TABLE submissions")
    try:
        asked = [asyncio.create_task(fleet.site.http.get(path)) for _ in range(2 * size)]
        # Those with a connection wait for the lock, and the others for a connection.
        await wait_until(lambda: sum(map(asyncio.Task.done, asked)) == size, 8)
    finally:
        await fleet.history.execute("ROLLBACK")
    answers = await asyncio.gather(*asked)

    assert sorted(answer.status_code for answer in answers) == [404] * size + [503] * size
    assert all(answer.json()["success"] is False for answer in answers)
    session_id = await fleet.submit()
    assert (await fleet.check()).succeeded == [session_id]


@pytest.mark.fault(68)
async def test_a_lost_acknowledgement_makes_no_second_submission(fleet: Fleet) -> None:
    port = str(free_port())
    async with Proxy(fleet.postgres.port) as proxy:
        far = fleet.variables["DATABASE_URL"].replace(f":{fleet.postgres.port}/", f":{proxy.port}/")
        await fleet.start("far web", "serve", PORT=port, DATABASE_URL=far)
        url = f"http://127.0.0.1:{port}"

        proxy.lose_answer_to(b"COMMIT")
        assert await fleet.try_to_submit("lost", url) is None
        [(committed,)] = await fleet.history.ask(
            "SELECT session_id FROM submissions WHERE idempotency_key = 'lost'"
        )
        assert await fleet.try_to_submit("lost", url) == committed

        for sent_bytes in (1, 200, 400, 600, 800):
            cuts, key = proxy.cuts, f"sent-{sent_bytes}"
            proxy.cut_after(sent_bytes)
            await fleet.try_to_submit(key, url)
            assert proxy.cuts > cuts
            assert await fleet.try_to_submit(key, url)
            rows = await fleet.history.ask(
                f"SELECT 1 FROM submissions WHERE idempotency_key = '{key}'"
            )
            assert len(rows) == 1
        await fleet.check()


@pytest.mark.fault(69)
@pytest.mark.parametrize(
    ("stage", "code"),
    [("ready", "40P01"), pytest.param("composing", "40001", marks=pytest.mark.soak)],
)
async def test_a_deadlocked_step_is_retried(fleet: Fleet, stage: str, code: str) -> None:
    condition = f"NEW.stage = '{stage}' AND OLD.stage <> '{stage}'"
    await fleet.history.execute(
        DEADLOCK.format(times=2, code=code, event="UPDATE", condition=condition)
    )
    session_id = await fleet.submit()

    assert (await fleet.check()).succeeded == [session_id]

    await fleet.history.execute(NO_DEADLOCK)


@pytest.mark.fault(69)
async def test_a_deadlocked_form_can_be_sent_again(fleet: Fleet) -> None:
    await fleet.history.execute(
        DEADLOCK.format(times=1, code="40P01", event="INSERT", condition="true")
    )

    assert await fleet.try_to_submit("deadlock") is None
    assert await fleet.try_to_submit("deadlock")

    await fleet.history.execute(NO_DEADLOCK)
    assert fleet.statuses() == {200, 503}
