"""Without the credits for one song nothing is ordered, and the balance is read again."""

import pytest

from server.clock import now
from server.services import Services
from server.simulator.client import Simulator
from server.simulator.faults import Fault, Switch
from server.submissions import account
from tests.integration.orders.steps import (
    dispatch,
    queue_up,
)
from tests.integration.task_queue import RecordingTaskQueue


@pytest.mark.fault(99)
@pytest.mark.parametrize("balance", [99, 1, 0, -5])
async def test_nothing_is_ordered_if_the_balance_pays_for_no_song(
    site: Services, balance: int
) -> None:
    (session_id,) = await queue_up(1)
    await account.store_balance(site, balance, now())

    assert await dispatch(site) == []

    await account.store_balance(site, 100, now())
    assert await dispatch(site) == [session_id]


@pytest.mark.fault(99)
async def test_the_balance_is_read_at_once_after_a_402(
    site: Services, simulator: Simulator
) -> None:
    await queue_up(1)
    await simulator.set_faults(Switch(Fault.CREATE_STATUS, 402))

    await dispatch(site)

    assert isinstance(site.task_queue, RecordingTaskQueue)
    assert ("check_credits", None) in site.task_queue.enqueued
