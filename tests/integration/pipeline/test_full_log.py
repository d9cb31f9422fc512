"""A site whose log cannot be written keeps serving."""

from pathlib import Path

import pytest

from tests.faults.watch import open_examined_site


@pytest.mark.fault(93)
@pytest.mark.parametrize(
    "output",
    [
        pytest.param(">/dev/full 2>&1", id="disk full"),
        pytest.param("> >(true) 2>&1", id="reader gone"),
        pytest.param("2>&-", id="stderr closed"),
        pytest.param(">&- 2>&-", id="both closed"),
    ],
)
async def test_a_site_continues_without_its_log(tmp_path: Path, output: str) -> None:
    async with open_examined_site(tmp_path) as site:
        web = site.processes["web"]
        await web.stop()
        web.child.command = ["bash", "-c", f'exec "$@" {output}', "bash", *web.child.command]
        await web.start()

        session_id = await site.submit()

        await site.wait_for(session_id, status="success")
        assert (await site.http.get("/api/health")).status_code == 200
