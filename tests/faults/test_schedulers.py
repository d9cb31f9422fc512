"""Two schedulers, or none."""

import pytest

from server.simulator.faults import Fault, Switch
from tests.faults.fleet import Fleet
from tests.servers import wait_until


@pytest.mark.fault(66)
async def test_the_site_works_with_two_schedulers_or_none(fleet: Fleet) -> None:
    await fleet.start("second scheduler", "scheduler")
    await fleet.submit()
    await fleet.check()

    # Without a webhook only a sweep moves the song on, and only the workers start one now.
    await fleet.set_faults(Switch(Fault.WEBHOOK_NEVER))
    fleet.pause("scheduler", "second scheduler")
    await fleet.submit()
    await fleet.check()


@pytest.mark.fault(109)
async def test_a_clean_up_missed_during_downtime_runs_later(fleet: Fleet) -> None:
    session_id = await fleet.submit()
    await fleet.check()
    fleet.pause("scheduler")
    fleet.kill("worker", "second worker")
    await fleet.history.execute(f"""
        UPDATE submissions SET created_at = created_at - interval '31 days'
        WHERE session_id = '{session_id}';
        UPDATE scheduled_runs SET ran_at = ran_at - interval '2 days';
    """)

    await fleet.site.processes["worker"].start()

    async def is_removed() -> bool:
        query = f"SELECT 1 FROM submissions WHERE session_id = '{session_id}'"
        return bool(await fleet.history.ask(f"{query} AND expired_at IS NOT NULL"))

    await wait_until(is_removed, message="the clean-up is made up for")
    assert not list(fleet.site.folder.glob(f"*/*{session_id}*"))
