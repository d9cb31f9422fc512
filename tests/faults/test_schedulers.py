"""Clocks that tick twice, or stand still."""

from server.simulator.faults import Fault, Switch
from tests.faults.fleet import Fleet


async def test_row_66_two_schedulers_do_no_harm_and_none_is_not_missed(fleet: Fleet) -> None:
    await fleet.start("second scheduler", "scheduler")
    await fleet.submit()
    await fleet.check()

    # Without a webhook only a sweep brings the song further: now it is the workers' own.
    await fleet.set_faults(Switch(Fault.WEBHOOK_NEVER))
    fleet.pause("scheduler", "second scheduler")
    await fleet.submit()
    await fleet.check()
