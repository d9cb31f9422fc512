"""Webhooks only wake the site up: early, late, duplicate, forged or missing changes no outcome."""

import asyncio

import pytest

from server.simulator.faults import Fault, Switch
from server.simulator.generation import Status
from tests.servers import wait_until
from tests.sites import Site


async def order_of(site: Site, session_id: str) -> dict[str, object]:
    """Return the only order made since this submission was sent."""
    await site.wait_for(session_id, status="processing")
    return (await site.posts())[-1]


def renders(site: Site, session_id: str) -> int:
    lines = site.output().splitlines()
    return sum("video_rendered" in line and session_id[:8] in line for line in lines)


async def test_a_song_becomes_a_video(site: Site) -> None:
    session_id = await site.submit()

    snapshot = await site.wait_for(session_id, status="success")

    assert snapshot["stage"] == "ready"
    assert snapshot["progress"] == 1.0
    result = (await site.http.get(f"/api/results/{session_id}")).json()
    assert "Toby" in result["lyrics"]
    assert "Matt" in result["lyrics"]
    video = await site.http.get(result["video_url"])
    assert video.status_code == 200
    assert video.content[4:8] == b"ftyp"


@pytest.mark.fault(23)
async def test_a_webhook_sent_twice_or_a_hundred_times_makes_one_video(site: Site) -> None:
    before = len(await site.posts())
    await site.simulator.set_faults(Switch(Fault.WEBHOOK_COPIES, 2))
    session_id = await site.submit()
    order = await order_of(site, session_id)

    answers = await site.simulator.post_webhook(str(order["task_id"]), Status.SUCCESS, copies=100)
    await site.wait_for(session_id, status="success")
    again = await site.simulator.post_webhook(str(order["task_id"]), Status.SUCCESS, copies=100)

    assert {*answers, *again} == {200}
    assert renders(site, session_id) == 1
    assert len(await site.posts()) == before + 1


@pytest.mark.fault(24)
async def test_a_webhook_before_the_answer_is_applied(site: Site) -> None:
    before = len(await site.posts())
    await site.simulator.set_faults(Switch(Fault.WEBHOOK_BEFORE_ANSWER))

    session_id = await site.submit()

    await site.wait_for(session_id, status="success")
    assert len(await site.posts()) == before + 1


@pytest.mark.fault(25)
async def test_the_webhook_recovers_a_lost_answer(site: Site) -> None:
    before = len(await site.posts())
    await site.simulator.set_faults(Switch(Fault.CREATE_UNANSWERED, times=1))

    session_id = await site.submit()

    await site.wait_for(session_id, status="success")
    assert len(await site.posts()) == before + 1
    assert "generation_adopted" in site.output()


@pytest.mark.fault(26)
async def test_without_a_webhook_polling_finishes_the_song(site: Site) -> None:
    await site.simulator.set_faults(Switch(Fault.WEBHOOK_NEVER))

    session_id = await site.submit()
    await site.wait_for(session_id, status="success")

    order = (await site.posts())[-1]
    version = (await site.snapshot(session_id))["version"]
    assert await site.simulator.post_webhook(str(order["task_id"]), Status.SUCCESS) == [200]
    assert (await site.snapshot(session_id))["version"] == version


@pytest.mark.fault(27)
@pytest.mark.parametrize("ending", [Status.SUCCESS, Status.FAILURE])
async def test_a_contradicting_webhook_moves_nothing_back(site: Site, ending: Status) -> None:
    faults = [Switch(Fault.WEBHOOK_CONTRADICTION), Switch(Fault.WEBHOOK_EVERY_STATUS)]
    if ending is Status.FAILURE:
        faults.append(Switch(Fault.GENERATION_FAILS))
    await site.simulator.set_faults(*faults)
    expected = "success" if ending is Status.SUCCESS else "fail"
    session_id = await site.submit()
    order = await order_of(site, session_id)

    await site.wait_for(session_id, status=expected)
    settled = await site.snapshot(session_id)
    for claim in (Status.FAILURE, Status.SUCCESS, Status.GENERATING):
        assert await site.simulator.post_webhook(str(order["task_id"]), claim) == [200]

    # Not every field: the preview still appears, and changes the snapshot.
    snapshot = await site.snapshot(session_id)
    for name in ("status", "stage", "failure_reason", "progress"):
        assert snapshot[name] == settled[name]


@pytest.mark.fault(29)
async def test_a_forged_success_is_not_believed(site: Site) -> None:
    await site.simulator.set_faults(
        Switch(Fault.WEBHOOK_FORGED), Switch(Fault.GENERATION_STUCK), Switch(Fault.WEBHOOK_NEVER)
    )
    session_id = await site.submit()
    order = await order_of(site, session_id)

    assert await site.simulator.post_webhook(str(order["task_id"]), Status.SUCCESS) == [200]

    polls = site.output().count("attacker.invalid")
    assert polls == 0
    assert (await site.snapshot(session_id))["status"] == "processing"
    await site.simulator.finish(str(order["task_id"]))
    await site.wait_for(session_id, status="success")


async def test_a_failed_song_is_reported_with_its_reason(site: Site) -> None:
    await site.simulator.set_faults(Switch(Fault.GENERATION_FAILS))

    session_id = await site.submit()

    snapshot = await site.wait_for(session_id, status="fail")
    assert snapshot["failure_reason"] == "generation_failed"
    reply = await site.http.get(f"/api/results/{session_id}")
    assert reply.status_code == 400
    assert reply.json() == {
        "success": False,
        "status": "fail",
        "message": "Video generation failed. Please try again.",
    }


async def test_twenty_visitors_at_once_never_take_more_than_ten_slots(site: Site) -> None:
    before = len(await site.posts())

    session_ids = await asyncio.gather(*(site.submit(seed=n) for n in range(20)))

    for session_id in session_ids:
        await site.wait_for(session_id, status="success")
    ledger = await site.simulator.ledger()
    assert ledger["in_flight_peak"] <= 10
    assert len(await site.posts()) == before + 20


async def test_nothing_is_left_over_when_all_is_done(site: Site) -> None:
    session_id = await site.submit()
    await site.wait_for(session_id, status="success")

    leftovers = [path for path in site.folder.rglob("*.part") if "simulator" not in path.parts]

    await wait_until(lambda: not [path for path in leftovers if path.exists()])
