"""Processes that die at the worst moment: after an action and before it is recorded."""

import signal

import httpx
import pytest

from server.simulator.faults import Fault, Switch
from tests.faults.fleet import Fleet
from tests.servers import free_port, wait_until

QUEUE_OF = {
    "before_order": "default",
    "after_order": "default",
    "after_composing": "default",
    "after_downloading": "default",
    "after_download": "default",
    "after_song_rename": "default",
    "after_rendering": "default",
    "between_renames": "render",
    "after_rename": "render",
    "after_ready": "render",
}
WORKERS_OF = {"default": ("worker", "second worker"), "render": ("render",)}
REPORT = {"task_id": "whatever", "status": "SUCCESS"}
QUICK = ("after_order", "between_renames", "after_ready")


@pytest.mark.fault(56)
@pytest.mark.parametrize(
    "point",
    [pytest.param(one, marks=() if one in QUICK else pytest.mark.soak) for one in QUEUE_OF],
)
async def test_a_crash_between_an_action_and_its_record_is_recovered(
    fleet: Fleet, point: str
) -> None:
    queue = QUEUE_OF[point]
    formats = "square,hd" if point == "between_renames" else "square"
    doomed = await fleet.start(
        f"doomed {point}", "worker", "--queue", queue, FAILPOINT=point, RENDER_FORMATS=formats
    )
    fleet.pause(*WORKERS_OF[queue])
    session_id = await fleet.submit()

    await wait_until(lambda: not doomed.child.is_running, message=f"the death at {point}")
    assert doomed.child.returncode == -signal.SIGKILL
    fleet.resume(*WORKERS_OF[queue])

    assert (await fleet.check()).succeeded == [session_id]


@pytest.mark.fault(33)
async def test_the_sweep_recovers_a_webhook_stored_but_not_enqueued(fleet: Fleet) -> None:
    await fleet.set_faults(Switch(Fault.GENERATION_STUCK, times=1))
    session_id = await fleet.submit()
    await fleet.reach(session_id, "composing")
    order = (await fleet.site.posts())[-1]
    # Nothing polls within this test: only the webhook can move the song on.
    await fleet.history.execute(
        f"UPDATE submissions SET next_run_at = next_run_at + interval '1 hour' "
        f"WHERE session_id = '{session_id}'"
    )
    port = str(free_port())
    doomed = await fleet.start("doomed web", "serve", PORT=port, FAILPOINT="after_report")
    fleet.pause("web")
    await fleet.site.simulator.finish(str(order["task_id"]))
    path = httpx.URL(order["webhook_url"]).path

    with pytest.raises(httpx.TransportError):
        await fleet.site.http.post(f"http://127.0.0.1:{port}{path}", json=REPORT)
    await wait_until(lambda: not doomed.child.is_running, message="the web has died of the webhook")
    await fleet.reach(session_id, "ready")

    fleet.resume("web")
    assert (await fleet.check()).succeeded == [session_id]


@pytest.mark.fault(56)
@pytest.mark.soak
async def test_a_crash_before_the_receipt_leaves_one_submission(fleet: Fleet) -> None:
    port = str(free_port())
    await fleet.start("doomed web", "serve", PORT=port, FAILPOINT="after_accept")
    for url, is_answered in ((f"http://127.0.0.1:{port}", False), (fleet.site.url, True)):
        assert (await fleet.try_to_submit("key-56", url) is not None) is is_answered

    rows = await fleet.history.ask("SELECT 1 FROM submissions WHERE idempotency_key = 'key-56'")
    assert len(rows) == 1
