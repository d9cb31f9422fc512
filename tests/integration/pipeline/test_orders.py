"""Ordering a song: paid once, at most ten at a time, and never stuck."""

import asyncio
from pathlib import Path

import pytest

from server.simulator.faults import Fault, Switch
from tests.faults.invariants import examine
from tests.faults.watch import open_watched_site
from tests.sites import Network, Site


@pytest.mark.fault(41)
async def test_slow_orders_are_sent_once_and_ten_at_a_time(site: Site) -> None:
    before = len(await site.posts())
    await site.simulator.set_faults(Switch(Fault.CREATE_SLOW, 3.0))

    session_ids = await asyncio.gather(*(site.submit(seed=n) for n in range(12)))
    for session_id in session_ids:
        await site.wait_for(session_id, status="success")

    assert len(await site.posts()) == before + 12
    assert (await site.simulator.ledger())["in_flight_peak"] <= 10


@pytest.mark.fault(42)
async def test_timed_out_songs_free_their_slots(own_network: Network, tmp_path: Path) -> None:
    async with open_watched_site(
        tmp_path,
        network=own_network,
        MAX_CONCURRENT_REQUESTS="11",
        WEBHOOK_TIMEOUT_MINUTES="0.5",
        TIMEOUT_CHECK_INTERVAL="1",
    ) as patient:
        site = patient.site
        await site.simulator.set_faults(Switch(Fault.GENERATION_STUCK, times=11))
        stuck = await asyncio.gather(*(site.submit(seed=n) for n in range(11)))

        twelfth = await site.submit()

        await site.wait_for(twelfth, status="success")
        for session_id in stuck:
            snapshot = await site.wait_for(session_id, status="fail")
            assert snapshot["failure_reason"] == "timeout"
        findings = await examine(
            site, patient.history, patient.submitted, spec=patient.spec, given_up=len(stuck)
        )
        assert findings.problems == []


@pytest.mark.fault(38)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Switch(Fault.CREATE_STATUS, 400), "rejected"),
        (Switch(Fault.CREATE_STATUS, 422), "rejected"),
    ],
)
async def test_a_refused_order_ends_at_once(site: Site, fault: Switch, reason: str) -> None:
    await site.simulator.set_faults(fault)

    session_id = await site.submit()

    snapshot = await site.wait_for(session_id, status="fail")
    assert snapshot["failure_reason"] == reason


@pytest.mark.fault(38, 94)
@pytest.mark.parametrize(
    "fault",
    [
        Switch(Fault.CREATE_STATUS, 401, times=2),
        Switch(Fault.CREATE_STATUS, 403, times=2),
        Switch(Fault.API_KEY_REFUSED, times=2),
        Switch(Fault.API_STATUS, 308, times=3),
    ],
    ids=str,
)
async def test_a_refusal_of_every_order_ends_no_submission(site: Site, fault: Switch) -> None:
    await site.simulator.set_faults(fault)

    session_id = await site.submit()

    await site.wait_for(session_id, status="success")


async def test_refused_tags_are_explained(site: Site) -> None:
    await site.simulator.set_faults(Switch(Fault.STRICT_TAGS))

    session_id = await site.submit(music_vibe="Party")

    await site.wait_for(session_id, status="success")
    order = (await site.posts())[-1]
    assert not order["tags"]
    assert "The mood is Party." in order["prompt"]


@pytest.mark.fault(37)
async def test_without_credits_submissions_wait_and_none_fails(site: Site) -> None:
    await site.simulator.set_faults(Switch(Fault.CREATE_STATUS, 402, times=1, retry_after="1"))

    session_id = await site.submit()

    await site.wait_for(session_id, status="success")
    assert "song_service_unavailable" in site.output()


@pytest.mark.fault(36)
async def test_a_busy_service_is_retried_after_the_time_it_names(site: Site) -> None:
    await site.simulator.set_faults(Switch(Fault.CREATE_STATUS, 429, times=1, retry_after="1"))

    session_id = await site.submit()

    await site.wait_for(session_id, status="success")


@pytest.mark.fault(39)
@pytest.mark.parametrize("body", ["<html>", "", "{}", '{"task_id": null}', '{"task_id": 7}'])
async def test_an_unusable_answer_is_never_resent_before_the_webhook(site: Site, body: str) -> None:
    before = len(await site.posts())
    await site.simulator.set_faults(Switch(Fault.CREATE_BODY, body, times=1))

    session_id = await site.submit()

    await site.wait_for(session_id, status="success")
    assert len(await site.posts()) == before + 1


@pytest.mark.fault(43)
async def test_the_key_is_sent_to_the_api_only_and_never_logged(site: Site) -> None:
    session_id = await site.submit()
    await site.wait_for(session_id, status="success")

    assert not (await site.simulator.ledger())["authorization_seen_on_download"]
    assert "key-of-the-tests" not in site.output()
