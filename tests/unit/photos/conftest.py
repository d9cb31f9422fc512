"""Pools of child processes that end with the test."""

from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest

from server.photos.pool import PhotoPool
from tests.unit.renderer.children import list_children

LIMIT_BYTES = 128 << 20
OpenPool = Callable[..., PhotoPool]
list_photo_children = partial(list_children, module="server.photos.child")


@pytest.fixture
async def open_pool() -> AsyncIterator[OpenPool]:
    pools = []

    def open_with(timeout_s: float, limit_bytes: int = LIMIT_BYTES) -> PhotoPool:
        pools.append(PhotoPool(timeout_s, limit_bytes))
        return pools[-1]

    yield open_with
    for pool in pools:
        await pool.close()
    assert list_photo_children() == set()


@pytest.fixture
def pool(open_pool: OpenPool) -> PhotoPool:
    return open_pool(30)
