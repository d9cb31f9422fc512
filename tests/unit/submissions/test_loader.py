"""Many callers who ask for one row each share a query, and each gets its own row."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from server.submissions.loader import Loader

KEYS = [f"song{number}" for number in range(300)]


class Table:
    """The source: each key is its own row, except those in `missing`."""

    def __init__(self) -> None:
        self.reads: list[list[str]] = []
        self.missing: set[str] = set()
        self.error: Exception | None = None

    async def read(self, keys: Sequence[str]) -> Mapping[str, str]:
        self.reads.append(list(keys))
        if self.error:
            raise self.error
        return {key: key for key in keys if key not in self.missing}


async def test_concurrent_callers_share_one_read_and_get_their_own_rows() -> None:
    table = Table()
    table.missing = {"song7"}
    loader = Loader(table.read, pause_s=60)

    found = await asyncio.gather(*map(loader.load, [*KEYS, *KEYS]))

    assert table.reads == [KEYS]
    assert found[: len(KEYS)] == [None if key == "song7" else key for key in KEYS]
    assert found[len(KEYS) :] == found[: len(KEYS)]


async def test_later_callers_are_read_in_batches() -> None:
    table = Table()
    loader = Loader(table.read, pause_s=0.2)
    asking = []
    for key in KEYS:
        asking.append(asyncio.create_task(loader.load(key)))
        await asyncio.sleep(0)

    assert await asyncio.gather(*asking) == KEYS
    assert [key for keys in table.reads for key in keys] == KEYS
    assert len(table.reads) < 10


async def test_a_row_asked_for_again_is_read_again() -> None:
    table = Table()
    loader = Loader(table.read, pause_s=0)
    assert await loader.load("song1") == "song1"
    table.missing = {"song1"}

    assert await loader.load("song1") is None


async def test_an_error_reaches_all_whose_keys_were_read_and_nobody_else() -> None:
    table = Table()
    table.error = ConnectionRefusedError()
    loader = Loader(table.read, pause_s=0)
    asking = [asyncio.create_task(loader.load(key)) for key in (*KEYS, KEYS[0])]
    await asyncio.sleep(0)
    asking[0].cancel()
    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    table.error = None

    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [asyncio.CancelledError, *[ConnectionRefusedError] * len(KEYS)]
    assert len(table.reads) == 1
    with pytest.raises(ConnectionRefusedError):
        raise outcomes[1]  # type: ignore[misc] # its kind is asserted above
    assert await loader.load("song1") == "song1"
