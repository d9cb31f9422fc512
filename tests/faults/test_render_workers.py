"""Render workers are killed, frozen or stopped in the middle of a video."""

import os
import random
import signal
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.faults.fleet import Fleet
from tests.faults.processes import children_of, kill_within
from tests.servers import wait_until

RENDERS = ("worker", "--queue", "render")
LONG_RENDERS = {"RENDER_FORMATS": "square,hd,story"}
"""So that a render takes long enough to be caught."""
RENDER_S = 0.8
"""About how long a video of this fleet takes, from the message to the push."""


async def wait_for_claim(fleet: Fleet, session_id: str) -> None:
    """Wait until a worker claims the video."""
    held = f"""SELECT 1 FROM submissions WHERE session_id = '{session_id}'
        AND stage = 'rendering' AND lease_until IS NOT NULL"""
    await wait_until(lambda: fleet.history.ask(held), message=f"a video of {session_id} is begun")


@pytest.mark.fault(52)
@pytest.mark.parametrize("points", [3, pytest.param(20, marks=pytest.mark.soak)])
async def test_a_render_worker_killed_at_random_points_loses_nothing(
    fleet: Fleet, points: int
) -> None:
    chance = random.Random(52)
    workers = ("render", "other render")
    await fleet.start("other render", *RENDERS)
    songs = []
    for number in range(points):
        songs += await fleet.submit_many(2)
        await fleet.reach(songs[-2], "rendering")
        victim = fleet.site.processes[workers[number % 2]]
        await kill_within(victim, chance.uniform(0, RENDER_S))
        await victim.start()

    findings = await fleet.check()

    assert sorted(findings.succeeded) == sorted(songs)


@pytest.mark.fault(53)
async def test_a_worker_that_was_frozen_publishes_nothing(fleet: Fleet) -> None:
    videos = fleet.site.folder / "video"
    zombie = await fleet.start("zombie", *RENDERS, **LONG_RENDERS)
    fleet.pause("render")
    session_id = await fleet.submit()
    await wait_until(lambda: list(videos.glob(f"*{session_id}*.part")), 30, "a video is begun")
    zombie.pause()

    # Its child continues, and leaves complete videos for the zombie to publish.
    async def drafts() -> list[Path]:
        found = sorted(videos.glob(f"{session_id}*.part"))
        return found if len(found) == 4 else []  # the teaser is the fourth

    whole = await wait_until(drafts, message="the videos are whole")

    fleet.resume("render")
    await fleet.reach(session_id, "ready")
    video = videos / f"{session_id}.mp4"
    before = (video.stat().st_ino, video.read_bytes())
    zombie.resume()
    await wait_until(lambda: not any(map(Path.exists, whole)), 30, "the zombie gives up")

    assert (video.stat().st_ino, video.read_bytes()) == before
    assert not (videos / f"{session_id}-hd.mp4").exists()


@pytest.mark.fault(107)
async def test_leftovers_of_a_killed_render_are_deleted_with_their_song(fleet: Fleet) -> None:
    videos = fleet.site.folder / "video"
    await fleet.start("victim", *RENDERS, **LONG_RENDERS)
    fleet.pause("render")
    session_id = await fleet.submit(cookie_id="cookie_of_row_107")
    left = f".{session_id}*.part"
    await wait_until(lambda: list(videos.glob(left)), 30, "a video is begun")
    fleet.kill("victim")
    assert list(videos.glob(left)), "it was killed too late to leave anything"
    fleet.resume("render")
    await fleet.reach(session_id, "ready")
    await fleet.check()

    answer = await fleet.site.http.request(
        "DELETE", f"/api/submissions/{session_id}", json={"cookie_id": "cookie_of_row_107"}
    )

    assert answer.status_code == HTTPStatus.OK
    assert not list(fleet.site.folder.glob(f"*/*{session_id}*"))


@pytest.mark.fault(54)
@pytest.mark.parametrize("is_stuck", [False, pytest.param(True, marks=pytest.mark.soak)])
async def test_a_stopping_worker_releases_its_video(fleet: Fleet, is_stuck: bool) -> None:
    leaving = await fleet.start("leaving", *RENDERS, **LONG_RENDERS)
    fleet.pause("render")
    session_id = await fleet.submit()
    await wait_for_claim(fleet, session_id)
    if is_stuck:
        for pid, _ in children_of(leaving.child.pid):
            os.kill(pid, signal.SIGSTOP)

    assert await leaving.stop(signal.SIGTERM, timeout_s=60) == 0

    [(is_held,)] = await fleet.history.ask(
        f"SELECT lease_until IS NOT NULL FROM submissions WHERE session_id = '{session_id}'"
    )
    assert not is_held
    fleet.resume("render")
    assert (await fleet.check()).succeeded == [session_id]


@pytest.mark.fault(54)
async def test_an_interrupted_preview_is_due_again_at_once(fleet: Fleet) -> None:
    fleet.pause("render")
    leaving = await fleet.start("leaving", *RENDERS)
    for pid, _ in children_of(leaving.child.pid):
        os.kill(pid, signal.SIGSTOP)
    session_id = await fleet.submit()
    row = f"FROM submissions WHERE session_id = '{session_id}'"
    claimed = f"SELECT 1 {row} AND press_attempts = 1"
    await wait_until(lambda: fleet.history.ask(claimed), message="a preview is begun")

    assert await leaving.stop(signal.SIGTERM, timeout_s=60) == 0

    assert await fleet.history.ask(f"SELECT press_attempts, press_due_at <= now() {row}") == [
        (0, True)
    ]
    fleet.resume("render")
    assert (await fleet.check()).succeeded == [session_id]
