"""Messages that are lost, doubled, out of order or nonsense, and clocks that stand still."""

from tests.faults.fleet import Fleet


async def test_row_66_two_schedulers_do_no_harm_and_none_is_not_missed(fleet: Fleet) -> None:
    await fleet.start("second scheduler", "scheduler")
    await fleet.submit()
    await fleet.check()

    fleet.pause("scheduler", "second scheduler")
    await fleet.submit()
    await fleet.check()
