from __future__ import annotations

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from server.simulator.client import Simulator
from server.simulator.faults import Fault, Switch
from tests.unit.simulator.callers import PATIENCE_S, Api, Receiver


async def test_restart_resumes_where_a_crash_stopped(tmp_path: Path, receiver: Receiver) -> None:
    async with (
        Simulator.start(tmp_path, delay_s=0.1, song_s=1.0) as simulator,
        Api(simulator.api_url) as api,
    ):
        await simulator.set_faults(Switch(Fault.WEBHOOK_LATE, 3600.0))
        announced_late = await api.create(webhook_url=receiver.url)
        await api.wait_for(announced_late, "SUCCESS")
    async with Simulator.start(tmp_path, delay_s=3600.0, song_s=1.0) as simulator:
        assert (await receiver.next(announced_late))["status"] == "SUCCESS"
        async with Api(simulator.api_url) as api:
            unfinished = await api.create(webhook_url=receiver.url)
        await simulator.kill()
    (tmp_path / "half.json.part").write_text("{")
    async with Simulator.start(tmp_path, delay_s=0.1, song_s=1.0) as simulator:
        assert (await receiver.next(unfinished))["status"] == "SUCCESS"
        async with Api(simulator.api_url) as api:
            song = (await api.wait_for(unfinished, "SUCCESS"))["song_paths"][0]
            assert (await api.get(song)).status_code == 200
            assert (await api.get("/credits/balance")).json()["num_credits"] == 9_800
        assert (await simulator.ledger())["paid_posts"] == 2


async def test_only_the_given_key_is_accepted(tmp_path: Path) -> None:
    async with (
        Simulator.start(tmp_path, key="the-key") as simulator,
        Api(simulator.api_url) as api,
    ):
        for key, status in (("any-key", 401), ("the-key", 200)):
            headers = {"Authorization": f"Bearer {key}"}
            assert (await api.get("/credits/balance", headers=headers)).status_code == status


async def test_given_song_is_delivered_for_every_order(tmp_path: Path) -> None:
    given = tmp_path / "given.mp3"
    given.write_bytes(b"a song")
    async with (
        Simulator.start(tmp_path / "simulator", delay_s=0.1, song=given) as simulator,
        Api(simulator.api_url) as api,
    ):
        for _ in range(2):
            detail = await api.wait_for(await api.create(), "SUCCESS")
            assert (await api.get(detail["song_paths"][0])).content == b"a song"


async def test_failed_start_is_reported(tmp_path: Path) -> None:
    async with Simulator.start(tmp_path / "one") as simulator:
        port = int(simulator.origin.rsplit(":", 1)[1])
        with pytest.raises(RuntimeError, match="did not start"):
            async with Simulator.start(tmp_path / "two", port=port):
                pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signal_stops_it_cleanly_with_a_download_open(
    tmp_path: Path, number: signal.Signals
) -> None:
    command = ("-m", "server.simulator", f"--folder={tmp_path}", "--song-seconds-delay=0.1")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *command, "--song-seconds=1"), stdout=PIPE, stderr=PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    origin = json.loads(await process.stdout.readline())["url"]
    async with Api(f"{origin}/v1") as api:
        song = (await api.wait_for(await api.create(), "SUCCESS"))["song_paths"][0]
        await api.put(f"{origin}/simulator/faults", json=[{"fault": "download_stall"}])
        async with api.stream("GET", song):
            process.send_signal(number)
            async with asyncio.timeout(PATIENCE_S):
                errors = await process.stderr.read()
                assert await process.wait() == 0
    assert errors == b""
