from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from server.simulator.client import Simulator
from server.simulator.faults import DEFAULT_VALUES, Fault, Switch
from tests.unit.simulator.callers import PATIENCE_S, Api, Receiver


@dataclass(frozen=True)
class Scene:
    """What a fault's check works with."""

    simulator: Simulator
    api: Api
    receiver: Receiver

    async def song_url(self) -> str:
        return str((await self.api.wait_for(await self.api.create(), "SUCCESS"))["song_paths"][0])

    async def paid_posts(self) -> int:
        return int((await self.simulator.ledger())["paid_posts"])


Check = Callable[[Scene], Awaitable[None]]
CHECKS: list[tuple[Switch, Check]] = []


def check(fault: Fault, value: Any = None, **fields: Any) -> Callable[[Check], Check]:
    """Register the check of one fault, with the value to try."""
    value = DEFAULT_VALUES.get(fault) if value is None else value

    def register(play: Check) -> Check:
        CHECKS.append((Switch(fault, value, **fields), play))
        return play

    return register


@check(Fault.API_STATUS, times=2)
async def _redirects_every_call(scene: Scene) -> None:
    for response in (await scene.api.order(), await scene.api.get("/credits/balance")):
        assert response.status_code == 308
        assert response.headers["Content-Type"].startswith("text/html")
    assert (await scene.api.get("/credits/balance")).status_code == 200


@check(Fault.API_HANGS, times=1)
async def _never_answers(scene: Scene) -> None:
    before = await scene.paid_posts()
    with pytest.raises(httpx.ReadTimeout):
        await scene.api.post("/generations/v3", json={}, timeout=0.5)
    assert await scene.paid_posts() == before


@check(Fault.API_KEY_REFUSED, times=1)
async def _dislikes_the_key(scene: Scene) -> None:
    response = await scene.api.order()
    assert (response.status_code, response.json()) == (400, {"detail": "Invalid API key format"})


@check(Fault.CREATE_STATUS, 429, retry_after="Wed, 21 Oct 2026 07:28:00 GMT", times=2)
async def _refuses_twice_then_accepts(scene: Scene) -> None:
    before = await scene.paid_posts()
    for _ in range(2):
        response = await scene.api.order()
        assert response.status_code == 429
        assert response.headers["Retry-After"] == "Wed, 21 Oct 2026 07:28:00 GMT"
    assert await scene.paid_posts() == before
    await scene.api.create()
    assert await scene.paid_posts() == before + 1


@check(Fault.CREATE_SLOW, 3600.0)
async def _accepts_but_keeps_the_caller_waiting(scene: Scene) -> None:
    waiting = asyncio.create_task(scene.api.order(webhook_url=scene.receiver.url))
    async with asyncio.timeout(PATIENCE_S):
        payload = await scene.receiver.payloads.get()
    assert payload["status"] == "SUCCESS"
    assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


@check(Fault.CREATE_LOST)
async def _hangs_up_without_a_bill(scene: Scene) -> None:
    before = await scene.paid_posts()
    with pytest.raises(httpx.TransportError):
        await scene.api.order()
    assert await scene.paid_posts() == before


@check(Fault.CREATE_UNANSWERED)
async def _hangs_up_with_a_bill(scene: Scene) -> None:
    before = await scene.paid_posts()
    with pytest.raises(httpx.TransportError):
        await scene.api.order()
    assert await scene.paid_posts() == before + 1


@check(Fault.CREATE_BODY, "<html>Busy</html>")
async def _answers_html(scene: Scene) -> None:
    response = await scene.api.order()
    assert (response.status_code, response.text) == (200, "<html>Busy</html>")
    assert response.headers["Content-Type"].startswith("text/html")


@check(Fault.CREATE_BODY, '{"task_id": null}')
async def _answers_null(scene: Scene) -> None:
    assert (await scene.api.order()).json() == {"task_id": None}


@check(Fault.CREATE_DUPLICATE, times=1)
async def _answers_an_older_task_id(scene: Scene) -> None:
    posts = (await scene.simulator.ledger())["posts"]
    known = {post["task_id"] for post in posts} or {await scene.api.create()}
    assert await scene.api.create() in known


@check(Fault.STRICT_TAGS)
async def _refuses_unknown_tags(scene: Scene) -> None:
    assert (await scene.api.order(tags=["chill", "valentine"])).status_code == 422
    assert (await scene.api.order(tags=["chill"])).status_code == 200


@check(Fault.GENERATION_FAILS, "No such luck")
async def _ends_in_failure(scene: Scene) -> None:
    task_id = await scene.api.create(webhook_url=scene.receiver.url)
    detail = await scene.api.wait_for(task_id, "FAILURE")
    assert (detail["error_message"], detail["song_paths"]) == ("No such luck", [])
    payload = await scene.receiver.next(task_id)
    assert payload == {"task_id": task_id, "status": "FAILURE", "error_message": "No such luck"}


@check(Fault.GENERATION_STUCK, times=1)
async def _never_ends(scene: Scene) -> None:
    stuck = await scene.api.create()
    # A generation that started later has long ended.
    await scene.api.wait_for(await scene.api.create(), "SUCCESS")
    await scene.api.wait_for(stuck, "GENERATING")
    await scene.simulator.finish(stuck)


@check(Fault.TIMED_LYRICS, value=2.0, times=1)
async def _times_its_lyrics(scene: Scene) -> None:
    timed, plain = await scene.api.create(), await scene.api.create()
    lyrics = (await scene.api.wait_for(timed, "SUCCESS"))["lyrics"]
    assert lyrics.startswith("[Verse 1]\n[00:00.00]")
    assert "\n[00:02.00]" in lyrics
    assert "[00:" not in (await scene.api.wait_for(plain, "SUCCESS"))["lyrics"]


@check(Fault.WEBHOOK_NEVER, times=1)
async def _sends_nothing(scene: Scene) -> None:
    silent = await scene.api.create(webhook_url=scene.receiver.url)
    await scene.api.wait_for(silent, "SUCCESS")
    await scene.receiver.next(await scene.api.create(webhook_url=scene.receiver.url))
    announced = {entry["task_id"] for entry in (await scene.simulator.ledger())["webhooks"]}
    assert silent not in announced


@check(Fault.WEBHOOK_LATE, 3600.0, times=1)
async def _sends_it_later(scene: Scene) -> None:
    late = await scene.api.create(webhook_url=scene.receiver.url)
    await scene.api.wait_for(late, "SUCCESS")
    await scene.receiver.next(await scene.api.create(webhook_url=scene.receiver.url))
    announced = {entry["task_id"] for entry in (await scene.simulator.ledger())["webhooks"]}
    assert late not in announced


@check(Fault.WEBHOOK_COPIES, 20)
async def _sends_many(scene: Scene) -> None:
    task_id = await scene.api.create(webhook_url=scene.receiver.url)
    for _ in range(20):
        assert (await scene.receiver.next(task_id))["status"] == "SUCCESS"


@check(Fault.WEBHOOK_BEFORE_ANSWER)
async def _sends_the_webhook_before_it_answers(scene: Scene) -> None:
    task_id = await scene.api.create(webhook_url=scene.receiver.url)
    waiting = [scene.receiver.payloads.get_nowait() for _ in range(scene.receiver.payloads.qsize())]
    assert task_id in {payload["task_id"] for payload in waiting}


@check(Fault.WEBHOOK_EVERY_STATUS)
async def _announces_progress(scene: Scene) -> None:
    task_id = await scene.api.create(webhook_url=scene.receiver.url)
    assert (await scene.receiver.next(task_id))["status"] == "PROMPT"


@check(Fault.WEBHOOK_CONTRADICTION)
async def _takes_it_back(scene: Scene) -> None:
    task_id = await scene.api.create(webhook_url=scene.receiver.url)
    statuses = [(await scene.receiver.next(task_id))["status"] for _ in range(2)]
    assert statuses == ["SUCCESS", "FAILURE"]
    assert (await scene.api.wait_for(task_id, "SUCCESS"))["song_paths"]


@check(Fault.WEBHOOK_WRONG_TASK_ID, "somebody else")
async def _names_another(scene: Scene) -> None:
    await scene.api.create(webhook_url=scene.receiver.url)
    assert (await scene.receiver.next("somebody else"))["status"] == "SUCCESS"


@check(Fault.WEBHOOK_FORGED, ["file:///etc/passwd"])
async def _claims_success_too_early(scene: Scene) -> None:
    task_id = await scene.api.create(webhook_url=scene.receiver.url)
    forged = await scene.receiver.next(task_id)
    assert (forged["status"], forged["song_paths"]) == ("SUCCESS", ["file:///etc/passwd"])
    assert (await scene.receiver.next(task_id))["song_paths"] != forged["song_paths"]


@check(Fault.WEBHOOK_FIELDS, {"song_paths": "not a list"})
async def _bends_the_payload(scene: Scene) -> None:
    task_id = await scene.api.create(webhook_url=scene.receiver.url)
    assert (await scene.receiver.next(task_id))["song_paths"] == "not a list"


@check(Fault.DETAIL_STATUS, 500, times=2)
async def _cannot_be_read(scene: Scene) -> None:
    task_id = await scene.api.create()
    for path in (f"/generations/{task_id}", f"/generations/status/{task_id}"):
        assert (await scene.api.get(path)).status_code == 500
    await scene.api.wait_for(task_id, "SUCCESS")


@check(Fault.DETAIL_FIELDS, {"song_paths": ["http://169.254.169.254/"], "lyrics": None})
async def _bends_the_detail(scene: Scene) -> None:
    detail = await scene.api.wait_for(await scene.api.create(), "SUCCESS")
    assert (detail["song_paths"], detail["lyrics"]) == (["http://169.254.169.254/"], None)


@check(Fault.DETAIL_WITHOUT, ["status", "lyrics"])
async def _leaves_fields_out(scene: Scene) -> None:
    task_id = await scene.api.create()
    detail = (await scene.api.get(f"/generations/{task_id}")).json()
    assert detail.keys() & {"id", "status", "lyrics"} == {"id"}
    assert (await scene.api.get(f"/generations/status/{task_id}")).json() is None


@check(Fault.DOWNLOAD_STATUS, 403)
async def _forbids_the_song(scene: Scene) -> None:
    assert (await scene.api.get(await scene.song_url())).status_code == 403


@check(Fault.DOWNLOAD_BODY, "")
async def _hands_out_nothing(scene: Scene) -> None:
    response = await scene.api.get(await scene.song_url())
    assert (response.status_code, response.content) == (200, b"")


@check(Fault.DOWNLOAD_BODY, "base64:" + base64.b64encode(b"RIFF\xff\x00WAVE").decode())
async def _hands_out_something_else(scene: Scene) -> None:
    response = await scene.api.get(await scene.song_url())
    assert response.content == b"RIFF\xff\x00WAVE"
    assert response.headers["Content-Type"] == "audio/mpeg"


@check(Fault.DOWNLOAD_PAGE, times=1)
async def _answers_with_a_page(scene: Scene) -> None:
    response = await scene.api.get(await scene.song_url())
    assert (response.status_code, response.headers["Content-Type"][:9]) == (200, "text/html")


@check(Fault.DOWNLOAD_TRUNCATED, 0.5)
async def _breaks_off(scene: Scene) -> None:
    received, promised, error = await _receive_until_broken(scene)
    assert isinstance(error, httpx.RemoteProtocolError)
    assert received == promised // 2


@check(Fault.DOWNLOAD_RESET, 0.5)
async def _resets_the_connection(scene: Scene) -> None:
    received, promised, error = await _receive_until_broken(scene)
    assert isinstance(error, httpx.NetworkError)
    assert received < promised


@check(Fault.DOWNLOAD_ENDLESS)
async def _goes_on_for_ever(scene: Scene) -> None:
    song = (await scene.api.wait_for(await scene.api.create(), "SUCCESS"))["song_paths"][0]
    received = 0
    async with scene.api.stream("GET", song) as response:
        assert "Content-Length" not in response.headers
        async for chunk in response.aiter_raw():
            received += len(chunk)
            if received > 2_000_000:
                break
    await _wait_until_no_download_is_open(scene)


@check(Fault.DOWNLOAD_DRIP, 2)
async def _drips(scene: Scene) -> None:
    async with scene.api.stream("GET", await scene.song_url()) as response:
        assert int(response.headers["Content-Length"]) > 10_000
        chunks = response.aiter_raw()
        assert [len(await anext(chunks)) for _ in range(2)] == [2, 2]


@check(Fault.DOWNLOAD_STALL, 100)
async def _stalls(scene: Scene) -> None:
    received, _, error = await _receive_until_broken(scene, timeout_s=0.3)
    assert isinstance(error, httpx.ReadTimeout)
    assert received == 100
    await _wait_until_no_download_is_open(scene)


@check(Fault.DOWNLOAD_REDIRECT, "http://127.0.0.1:9/")
async def _redirects(scene: Scene) -> None:
    response = await scene.api.get(await scene.song_url())
    assert (response.status_code, response.headers["Location"]) == (302, "http://127.0.0.1:9/")


@check(Fault.DOWNLOAD_GZIP, 5)
async def _zips_a_bomb(scene: Scene) -> None:
    response = await scene.api.get(await scene.song_url())
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(response.content) > 5_000_000 > 10 * int(response.headers["Content-Length"])


@check(Fault.CREDITS, {"num_credits": 0, "num_credits_payg": 99})
async def _is_sold_out(scene: Scene) -> None:
    balance = (await scene.api.get("/credits/balance")).json()
    assert balance == {"num_credits": 0, "num_credits_payg": 99}
    assert (await scene.api.order()).status_code == 402


@check(Fault.CREDITS, {"num_credits": 0, "num_credits_payg": 100})
async def _sells_to_those_who_pay_as_they_go(scene: Scene) -> None:
    assert (await scene.api.order()).status_code == 200


@check(Fault.CREDITS_STATUS, 503)
async def _cannot_tell_the_balance(scene: Scene) -> None:
    assert (await scene.api.get("/credits/balance")).status_code == 503


async def _wait_until_no_download_is_open(scene: Scene) -> None:
    """Nothing may be sent to a caller who left: it would fill the service's memory."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if not (await scene.simulator.ledger())["open_downloads"]:
                return
            await asyncio.sleep(0.02)


async def _receive_until_broken(
    scene: Scene, timeout_s: float = PATIENCE_S
) -> tuple[int, int, httpx.TransportError]:
    """Download a song that must break off: bytes received, bytes promised, and how it broke."""
    url = await scene.song_url()
    received, promised = 0, 0
    try:
        async with scene.api.stream("GET", url, timeout=timeout_s) as response:
            promised = int(response.headers["Content-Length"])
            async for chunk in response.aiter_raw():
                received += len(chunk)
    except httpx.TransportError as error:
        return received, promised, error
    raise AssertionError("the download was whole")


@pytest.mark.parametrize(
    ("switch", "play"), [pytest.param(*case, id=case[1].__name__[1:]) for case in CHECKS]
)
async def test_a_fault_that_is_switched_on_happens(
    switch: Switch, play: Check, simulator: Simulator, api: Api, receiver: Receiver
) -> None:
    await simulator.set_faults(switch)
    await play(Scene(simulator, api, receiver))


def test_every_fault_has_a_check() -> None:
    assert {switch.fault for switch, _ in CHECKS} == set(Fault)


def test_every_fault_is_documented() -> None:
    assert Fault.__doc__
    assert all(f"- `{fault}`: " in Fault.__doc__ for fault in Fault)


async def test_faults_can_be_read_and_cleared(simulator: Simulator, api: Api) -> None:
    faults = f"{simulator.origin}/simulator/faults"
    # Not a webhook fault: a song of an earlier test may still have a webhook to send.
    await simulator.set_faults(Switch(Fault.DOWNLOAD_STATUS, 503, times=3))
    assert (await api.get(faults)).json() == [
        {"fault": "download_status", "value": 503, "times": 3, "retry_after": None}
    ]
    assert (await api.delete(faults)).status_code == 204
    assert (await api.get(faults)).json() == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "send a list"),
        ([{"fault": "rain"}], "unknown fault 'rain'"),
        ([{"fault": "webhook_late", "value": "soon"}], "takes a value like 2.0"),
        ([{"fault": "webhook_late", "times": 0}], "times is a positive number"),
        ([{"fault": "webhook_late", "seconds": 2}], "unknown fields: seconds"),
    ],
)
async def test_bad_faults_are_refused_with_the_reason(
    simulator: Simulator, api: Api, body: object, reason: str
) -> None:
    response = await api.put(f"{simulator.origin}/simulator/faults", content=json.dumps(body))
    assert response.status_code == 422
    assert reason in response.json()["detail"]
