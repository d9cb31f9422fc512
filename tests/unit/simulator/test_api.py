from __future__ import annotations

import httpx
import pytest

from server.simulator.client import Simulator
from server.simulator.faults import Fault, Switch
from server.simulator.generation import SHARES, Status
from tests.unit.simulator.callers import PROMPT, Api, Receiver


async def test_generation_ends_with_a_song_and_lyrics_that_name_both(api: Api) -> None:
    task_id = await api.create()
    detail = await api.wait_for(task_id, "SUCCESS")
    assert detail["id"] == task_id
    assert detail["prompt"] == PROMPT
    assert detail["tags"] == ["Romantic", "love song"]
    assert detail["error_message"] is None
    assert "Zoë" in detail["lyrics"]
    assert "Łukasz Two" in detail["lyrics"]
    assert detail.keys() >= {"created_at", "alignment_status", "model_version", "prompt_strength"}


async def test_song_is_downloaded_without_a_key(api: Api) -> None:
    detail = await api.wait_for(await api.create(), "SUCCESS")
    async with httpx.AsyncClient(trust_env=False) as anybody:
        response = await anybody.get(detail["song_paths"][0])
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "audio/mpeg"
    assert int(response.headers["Content-Length"]) == len(response.content) > 10_000


async def test_status_is_a_bare_string(api: Api) -> None:
    task_id = await api.create(align_lyrics=True)
    await api.wait_for(task_id, "SUCCESS")
    path = f"/generations/status/{task_id}"
    assert (await api.get(path)).json() == "SUCCESS"
    aligned = (await api.get(path, params={"include_alignment": "true"})).json()
    assert aligned == {"status": "SUCCESS", "alignment_status": "REQUESTED"}


async def test_states_come_in_the_known_order(
    simulator: Simulator, api: Api, receiver: Receiver
) -> None:
    await simulator.set_faults(Switch(Fault.WEBHOOK_EVERY_STATUS))
    task_id = await api.create(webhook_url=receiver.url)
    announced = [(await receiver.next(task_id))["status"] for _ in range(len(SHARES) + 1)]
    assert announced == [*(status for status, _ in SHARES), "SUCCESS"]


async def test_webhook_names_a_relative_song(api: Api, receiver: Receiver) -> None:
    task_id = await api.create(webhook_url=receiver.url)
    assert await receiver.next(task_id) == {
        "task_id": task_id,
        "status": "SUCCESS",
        "song_paths": [f"pubapi/generations2/audio_{task_id}_0.mp3"],
    }


@pytest.mark.parametrize("key", ["", "Bearer", "Basic abc"])
async def test_calls_without_a_key_are_refused(api: Api, key: str) -> None:
    for path in ("/credits/balance", "/generations/status/x"):
        assert (await api.get(path, headers={"Authorization": key})).status_code == 401
    response = await api.post("/generations/v3", headers={"Authorization": key}, json={})
    assert response.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"prompt": 1}',
        b'{"tags": "chill"}',
        b'{"prompt": "p", "tags": ["chill"], "lyrics": "la"}',
        b'{"prompt": "p", "output_format": "exe"}',
        b'{"prompt": "p", "webhook_url": "ftp://host/"}',
    ],
)
async def test_bad_orders_are_refused_and_free(simulator: Simulator, api: Api, body: bytes) -> None:
    before = await simulator.ledger()
    response = await api.post("/generations/v3", content=body)
    assert response.status_code == 422
    assert response.json()["detail"]
    after = await simulator.ledger()
    assert after["paid_posts"] == before["paid_posts"]
    assert after["posts"][-1]["outcome"] == "answered 422"


async def test_unknown_generation_is_not_found(simulator: Simulator, api: Api) -> None:
    assert (await api.get("/generations/nobody")).status_code == 404
    assert (await api.get("/generations/status/nobody")).status_code == 404
    song = f"{simulator.origin}/pubapi/generations2/audio_nobody_0.mp3"
    assert (await api.get(song)).status_code == 404


async def test_a_song_costs_100_credits_and_a_failure_nothing(
    simulator: Simulator, api: Api
) -> None:
    async def balance() -> int:
        answer: dict[str, int] = (await api.get("/credits/balance")).json()
        assert answer["num_credits_payg"] == 0
        return answer["num_credits"]

    before = await balance()
    await api.wait_for(await api.create(), "SUCCESS")
    assert await balance() == before - 100
    await simulator.set_faults(Switch(Fault.GENERATION_FAILS))
    await api.wait_for(await api.create(), "FAILURE")
    assert await balance() == before - 100


async def test_ledger_counts_what_was_paid_and_seen(
    simulator: Simulator, api: Api, receiver: Receiver
) -> None:
    before = await simulator.ledger()
    task_id = await api.create(webhook_url=receiver.url)
    await receiver.next(task_id)
    detail = await api.wait_for(task_id, "SUCCESS")
    await api.get(detail["song_paths"][0])
    after = await simulator.ledger()
    assert after["paid_posts"] == before["paid_posts"] + 1
    assert after["downloads"] == before["downloads"] + 1
    assert after["authorization_seen_on_download"] is True
    assert after["in_flight_peak"] >= 1
    post = after["posts"][-1]
    assert post["task_id"] == task_id
    assert post["webhook_url"] == receiver.url
    assert post["outcome"] == "answered 200"


async def test_finish_ends_a_generation_at_once(
    simulator: Simulator, api: Api, receiver: Receiver
) -> None:
    await simulator.set_faults(Switch(Fault.GENERATION_STUCK))
    failed = await api.create(webhook_url=receiver.url)
    await simulator.finish(failed, Status.FAILURE)
    assert (await receiver.next(failed))["error_message"]
    finished = await api.create(webhook_url=receiver.url)
    await simulator.finish(finished)
    assert (await api.wait_for(finished, "SUCCESS"))["song_paths"]
    with pytest.raises(RuntimeError, match="409"):
        await simulator.finish(finished)
    with pytest.raises(RuntimeError, match="404"):
        await simulator.finish("nobody")


async def test_webhooks_can_be_sent_on_demand(
    simulator: Simulator, api: Api, receiver: Receiver
) -> None:
    task_id = await api.create(webhook_url=receiver.url)
    await receiver.next(task_id)
    assert await simulator.post_webhook(task_id, copies=5) == [200] * 5
    assert [(await receiver.next(task_id))["status"] for _ in range(5)] == ["SUCCESS"] * 5
    assert await simulator.post_webhook(task_id, Status.FAILURE) == [200]
    assert (await receiver.next(task_id))["status"] == "FAILURE"
