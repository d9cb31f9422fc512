"""What `petsong doctor` finds out about others: the song service, the webhook's address, clocks."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from server.clock import now
from tests.integration.test_cli import run, run_on_terminal
from tests.servers import free_port
from tests.sites import Site, open_site


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path / "site") as site:
        yield site


@asynccontextmanager
async def song_service(hours: float) -> AsyncIterator[str]:
    """Serve a balance, with a clock that is wrong by `hours`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b'{"num_credits": 40, "num_credits_payg": 2}'
        date = format_datetime(now() - timedelta(hours=hours), usegmt=True)
        head = f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_site_that_is_well(site: Site, tmp_path: Path) -> None:
    variables = {
        "SONAUTO_API_KEY": "key",
        "EXTERNAL_API_URL": site.simulator.api_url,
        "WEBHOOK_BASE_URL": site.url,
    }
    assert (await run(tmp_path, "migrate", **variables))[0] == 0

    status, findings = await run(tmp_path, "doctor", **variables)

    assert status == 0
    assert "ok songs: song service, 10000 credits" in findings
    assert f"warning webhook: {site.url} is not an https:// URL" in findings
    assert re.search(r"ok clock: [+-]\d s to the song service", findings)


async def test_a_wrong_clock_and_another_site_at_the_address(tmp_path: Path) -> None:
    async with song_service(hours=1) as url:
        variables = {
            "SONAUTO_API_KEY": "key",
            "EXTERNAL_API_URL": url,
            "WEBHOOK_BASE_URL": url,
            "STORAGE_WARNING_PERCENT": "1",
        }
        assert (await run(tmp_path, "migrate", **variables))[0] == 0

        status, findings = await run(tmp_path, "doctor", **variables)

    assert status == 0
    assert "ok songs: song service, 42 credits" in findings
    assert f"warning webhook: another site responds at {url}" in findings
    assert re.search(r"warning clock: \+36\d\d s to the song service", findings)
    assert "warning storage: " in findings


async def test_a_song_service_that_does_not_answer_is_reported_as_missing(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    variables = {
        "SONAUTO_API_KEY": "key",
        "EXTERNAL_API_URL": url,
        "WEBHOOK_BASE_URL": url,
    }
    assert (await run(tmp_path, "migrate", **variables))[0] == 0

    status, findings = await run(tmp_path, "doctor", **variables)

    assert status == 1
    assert "missing songs: not reached" in findings
    assert f"warning webhook: {url} does not respond" in findings
    assert "ok clock: no other clock to compare with" in findings


async def test_the_clock_is_compared_with_postgres(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    variables = {
        "DATABASE_URL": postgres_url,
        "REDIS_URL": redis_url,
        "SONAUTO_API_KEY": "key",
        "EXTERNAL_API_URL": "http://127.0.0.1:9",
        "WEBHOOK_BASE_URL": "http://127.0.0.1:9",
    }
    assert (await run(tmp_path, "migrate", **variables))[0] == 0

    _, findings = await run(tmp_path, "doctor", **variables)

    assert re.search(r"ok clock: [+-]\d s to the database", findings)


async def test_a_terminal_shows_a_table_in_colour(tmp_path: Path) -> None:
    status, output = await run_on_terminal(tmp_path, "doctor")

    assert status == 1
    rows = [line for line in output.splitlines() if "\x1b[3" in line]
    assert any("\x1b[31mmissing\x1b[0m  database " in line for line in rows)
    assert any("\x1b[32mok\x1b[0m       renderer " in line for line in rows)
    # The subjects are aligned below each other.
    columns = {re.sub(r"\x1b\[\d+m", "", line).index(line.split()[1]) for line in rows}
    assert len(columns) == 1
