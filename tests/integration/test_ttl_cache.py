"""What many callers ask for is read once, even before the first value is there."""

import asyncio

import pytest

from server.services import Services
from server.submissions.ttl_cache import TtlCache

ASKERS = 500


class Source:
    """A source that answers when told to, and counts its readers."""

    def __init__(self) -> None:
        self.num_reads = 0
        self.error: Exception | None = None
        self.may_answer = asyncio.Event()

    async def read(self) -> int:
        self.num_reads += 1
        await self.may_answer.wait()
        if self.error:
            raise self.error
        return self.num_reads


@pytest.fixture
async def source(services: Services) -> Source:
    return Source()


async def ask(kept: TtlCache[int], count: int) -> list[asyncio.Task[int]]:
    """Start `count` callers, each of whom then waits for the answer."""
    asking = [asyncio.create_task(kept.get()) for _ in range(count)]
    await asyncio.sleep(0)
    return asking


async def test_500_callers_of_a_fresh_process_share_one_read(source: Source) -> None:
    asking = await ask(TtlCache(source.read, lifetime_s=60), ASKERS)
    source.may_answer.set()

    assert await asyncio.gather(*asking) == [1] * ASKERS
    assert source.num_reads == 1


async def test_500_callers_of_a_stale_value_share_one_read(source: Source) -> None:
    kept = TtlCache(source.read, lifetime_s=0)
    source.may_answer.set()
    assert await kept.get() == 1
    source.may_answer.clear()

    # The first caller's value is stale as soon as it arrives; the others wait for it.
    asking = await ask(kept, ASKERS)
    source.may_answer.set()

    assert set(await asyncio.gather(*asking)) == {2}
    assert source.num_reads == 2


async def test_a_read_error_reaches_all_who_waited_and_is_not_cached(source: Source) -> None:
    kept = TtlCache(source.read, lifetime_s=60)
    source.error = ConnectionRefusedError()
    asking = await ask(kept, ASKERS)
    source.may_answer.set()
    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    source.error = None

    assert {type(outcome) for outcome in outcomes} == {ConnectionRefusedError}
    assert source.num_reads == 1
    assert await kept.get() == 2


async def test_a_cancelled_caller_does_not_affect_the_others(source: Source) -> None:
    first, *others = await ask(TtlCache(source.read, lifetime_s=60), 3)
    first.cancel()
    source.may_answer.set()

    assert await asyncio.gather(*others) == [1, 1]
    assert source.num_reads == 1
