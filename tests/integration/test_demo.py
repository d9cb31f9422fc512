"""The demo as `make run` starts it: no key, no variables, and a whole song from the simulator."""

import os
import signal
import socket
from pathlib import Path

import httpx

from tests.forms import write_form
from tests.servers import HANG_S, ChildServer, free_port, wait_until
from tests.sites import PETSONG, open_site, photo_base64

VARIABLES_OF_A_SITE = ("SONAUTO_API_KEY", "DATABASE_URL", "REDIS_URL", "EXTERNAL_API_URL")


async def test_the_demo_makes_a_whole_song_and_stops_at_ctrl_c(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    demo = ChildServer(
        [*PETSONG, "serve"],
        log_path=tmp_path / "demo.log",
        environment={
            **dict.fromkeys(VARIABLES_OF_A_SITE, ""),
            "PORT": str(port),
            "SIMULATOR_DELAY_SECONDS": "0.5",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        },
        folder=tmp_path,
        ready_url=f"{url}/api/health/live",
    )
    async with demo, httpx.AsyncClient(base_url=url, trust_env=False, timeout=HANG_S) as http:
        names = {"pet_name": "Zoë", "owner_name": "小花"}
        form = write_form(photo_base64(), cookie_id=None) | names
        session_id = (await http.post("/api/submissions", json=form)).json()["session_id"]

        async def is_ready() -> bool:
            snapshot = (await http.get(f"/api/submissions/{session_id}")).json()
            return bool(snapshot["status"] == "success")

        await wait_until(is_ready)
        result = (await http.get(f"/api/results/{session_id}")).json()
        video = await http.get(result["video_url"])
        os.killpg(demo.child.pid, signal.SIGINT)
        status = await demo.child.wait()

    assert "Zoë" in result["lyrics"]
    assert "小花" in result["lyrics"]
    assert len(video.content) > 3_000_000  # a minute or more
    assert status == 0
    demo.check_output()
    assert '"is_simulated": true' in demo.output()
    assert (tmp_path / "var" / "petsong.sqlite3").exists()


async def test_a_port_in_use_is_a_one_line_error(tmp_path: Path) -> None:
    variables = dict.fromkeys(VARIABLES_OF_A_SITE, "")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        site = ChildServer(
            [*PETSONG, "serve"],
            log_path=tmp_path / "log",
            environment={
                **variables,
                "PORT": str(port),
                "PYTHONPATH": str(Path(__file__).parents[2]),
            },
            folder=tmp_path,
        )
        site.child.start()
        status = await site.child.wait(30)

    assert status == 2
    [line] = site.output().splitlines()
    assert f"port {port} cannot be used" in line
    assert f"PORT={port + 1}" in line


async def test_a_second_site_refuses_to_share_the_database(tmp_path: Path) -> None:
    async with open_site(tmp_path) as first:
        web = first.processes["web"].child
        second = ChildServer(
            web.command,
            log_path=tmp_path / "second.log",
            environment={
                "PORT": str(free_port()),
                "DATABASE_URL": f"sqlite://{tmp_path}/petsong.sqlite3",
                "PYTHONPATH": str(Path(__file__).parents[2]),
            },
            folder=tmp_path,
        )
        second.child.start()
        status = await second.child.wait(30)

    assert status == 2
    assert "another site is running" in second.output()
