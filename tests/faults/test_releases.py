"""Processes of two releases side by side, as during a rollout."""

import sys

import pytest

from tests.faults import next_release
from tests.faults.fleet import Fleet
from tests.servers import ChildServer, free_port

NAME = "next web"


@pytest.mark.fault(72)
async def test_workers_survive_messages_of_a_later_release(fleet: Fleet) -> None:
    port = str(free_port())
    url = f"http://127.0.0.1:{port}"
    fleet.site.processes[NAME] = fleet.extras[NAME] = ChildServer(
        [sys.executable, "-m", next_release.__name__, "serve"],
        log_path=fleet.site.folder / f"{NAME}.log",
        environment={**fleet.variables, "PORT": port},
        ready_url=f"{url}/api/health/live",
    )
    await fleet.extras[NAME].start()

    session_id = await fleet.try_to_submit("next", url)

    assert session_id is not None
    await fleet.reach(session_id, "ready")
    assert f"unexpected keyword argument '{next_release.ADDITION}'" in fleet.site.output()
    # The later release took only the form; the sweep found what it had enqueued.
    assert (await fleet.check()).succeeded == [session_id]
