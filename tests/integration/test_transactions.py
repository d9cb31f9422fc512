"""A transaction that cannot begin affects nothing else, not even its task's next transaction."""

import asyncio

import pytest
from tortoise.transactions import in_transaction

from server.database.connection import POSTGRES_POOL, UNAVAILABLE
from server.services import Services
from server.submissions.model import SongAccount
from tests.integration.conftest import OpenStack
from tests.servers import PostgresServer, Proxy

MORE_THAN_CONNECTIONS = POSTGRES_POOL["maxsize"] + 2


async def read_credits() -> int | None:
    """Begin a transaction, as a task does after a failed one, and read the account in it."""
    async with asyncio.timeout(10), in_transaction() as connection:
        return (await SongAccount.all().using_db(connection).get(id=1)).credits


async def give_up() -> None:
    """Be cancelled while a transaction begins."""
    async with asyncio.timeout(0), in_transaction():
        pass


@pytest.mark.parametrize("network", ["embedded"], indirect=True)
async def test_a_transaction_cancelled_as_it_begins_releases_the_lock(
    services: Services,
) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.create_task(give_up())

    await SongAccount.filter(id=1).update(credits=7)
    assert await read_credits() == 7
    assert (await SongAccount.get(id=1)).credits == 7


@pytest.mark.fault(67)
@pytest.mark.parametrize("network", ["networked"], indirect=True)
async def test_a_connection_lost_as_a_transaction_begins_affects_no_other_task(
    open_stack: OpenStack, postgres_server: PostgresServer, network: dict[str, str]
) -> None:
    async with Proxy(postgres_server.port) as proxy:
        behind = network["database_url"].replace(f":{postgres_server.port}/", f":{proxy.port}/")
        async with open_stack(database_url=behind):
            for _ in range(MORE_THAN_CONNECTIONS):
                proxy.lose_answer_to(b"BEGIN")
                with pytest.raises(UNAVAILABLE):
                    await read_credits()

            assert await read_credits() is None
            assert (await SongAccount.get(id=1)).credits is None
