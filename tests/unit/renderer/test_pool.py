"""Children are real processes; the tests kill and stop them as an operating system would."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from renderer import (
    AssetsMissing,
    BadSong,
    EncoderUnavailable,
    LoopJob,
    RenderCrashed,
    RenderError,
    RenderPool,
    RenderTimeout,
    assets,
)
from tests.unit.renderer.children import is_alive, list_children, list_names, wait_until
from tests.unit.renderer.conftest import GREEN, RED, EncodedLoop
from tests.unit.renderer.media import one_video, read_video, show_pet, write_song


@pytest.fixture(scope="module")
def long_song(workshop: Path) -> Path:
    """Long enough to be caught in the middle of its render."""
    return write_song(workshop / "long.mp3", 60.0)


@pytest.fixture
async def pool() -> AsyncIterator[RenderPool]:
    async with RenderPool(2, timeout_s=60) as pool:
        yield pool
    assert list_children() == set()


async def test_the_encoder_in_use_is_known_after_start(pool: RenderPool) -> None:
    assert pool.choice is not None
    assert pool.choice.encoder in ("h264_nvenc", "libx264")


async def test_jobs_run_in_children(
    pool: RenderPool, red_photo: Path, song: Path, tmp_path: Path
) -> None:
    loop, out = tmp_path / "loop.mp4", tmp_path / "out.mp4"
    encoded = await pool.make_loop(LoopJob(red_photo, loop, tmp_path / "poster.jpg"))
    rendered = await pool.render(one_video(red_photo, song, out, loop))
    assert encoded.frames == 45
    assert rendered.videos[0].is_loop_reused
    assert len(read_video(out).frames) == rendered.videos[0].frames
    assert (await pool.check_song(song)).duration_s == rendered.duration_s


async def test_an_error_comes_back_and_the_child_stays(pool: RenderPool, red_photo: Path) -> None:
    before = list_children()
    with pytest.raises(BadSong, match=r"red\.jpg"):
        await pool.check_song(red_photo)
    assert list_children() == before


async def test_waiting_callers_share_the_children(
    pool: RenderPool, red_photo: Path, song: Path, tmp_path: Path
) -> None:
    jobs = [one_video(red_photo, song, tmp_path / f"{number}.mp4") for number in range(5)]
    reports = await asyncio.gather(*(pool.render(job) for job in jobs))
    assert len(list_children()) == 2
    assert [report.videos[0].frames for report in reports] == [65] * 5


@pytest.mark.fault(58)
async def test_two_renders_in_the_pool_keep_their_photos(
    pool: RenderPool, red_photo: Path, green_photo: Path, song: Path, tmp_path: Path
) -> None:
    jobs = [
        one_video(photo, song, tmp_path / f"{number}-{photo.stem}.mp4")
        for number in range(3)
        for photo in (red_photo, green_photo)
    ]
    await asyncio.gather(*(pool.render(job) for job in jobs))
    for job in jobs:
        colour = RED if job.photo == red_photo else GREEN
        assert show_pet(read_video(job.videos[0].out).frames[-1]) == pytest.approx(colour, abs=4)


@pytest.mark.fault(57)
async def test_a_killed_child_fails_only_its_own_job(
    encoded: EncodedLoop, long_song: Path, song: Path, tmp_path: Path
) -> None:
    async with RenderPool(2, timeout_s=60) as pool:
        (first_child,) = list_children()
        doomed = asyncio.create_task(
            pool.render(one_video(encoded.photo, long_song, tmp_path / "a.mp4", encoded.loop))
        )
        other = asyncio.create_task(
            pool.render(one_video(encoded.photo, song, tmp_path / "b.mp4", encoded.loop))
        )
        await wait_until(lambda: len(list_children()) == 2)
        os.kill(first_child, signal.SIGKILL)
        with pytest.raises(RenderCrashed, match="SIGKILL"):
            await doomed
        assert (await other).videos[0].frames == 65
        again = await pool.render(one_video(encoded.photo, song, tmp_path / "a.mp4", encoded.loop))
        assert again.videos[0].frames == 65
    assert list_names(tmp_path) == ["a.mp4", "b.mp4"]


@pytest.mark.fault(57)
async def test_a_hanging_child_is_killed_and_replaced(song: Path) -> None:
    async with RenderPool(1, timeout_s=3) as pool:
        (child,) = list_children()
        os.kill(child, signal.SIGSTOP)
        with pytest.raises(RenderTimeout, match="killed after 3 s"):
            await pool.check_song(song)
        assert not is_alive(child)
        assert (await pool.check_song(song)).channels == 2


async def test_an_idle_child_that_died_is_replaced_silently(pool: RenderPool, song: Path) -> None:
    children = list_children()
    for child in children:
        os.kill(child, signal.SIGKILL)
    await wait_until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
    assert (await pool.check_song(song)).channels == 2


async def test_a_cancelled_caller_takes_its_child_with_it(
    encoded: EncodedLoop, long_song: Path, tmp_path: Path
) -> None:
    async with RenderPool(1, timeout_s=60) as pool:
        (child,) = list_children()
        job = one_video(encoded.photo, long_song, tmp_path / "out.mp4", encoded.loop)
        caller = asyncio.create_task(pool.render(job))
        await asyncio.sleep(0)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert not is_alive(child)
    assert list_names(tmp_path) == []


async def test_closing_ends_running_and_queued_jobs(
    encoded: EncodedLoop, long_song: Path, tmp_path: Path
) -> None:
    pool = RenderPool(1, timeout_s=60)
    await pool.start()
    (child,) = list_children()
    job = one_video(encoded.photo, long_song, tmp_path / "out.mp4", encoded.loop)
    callers = [asyncio.create_task(pool.render(job)) for _ in range(3)]
    await asyncio.sleep(0)
    await pool.close()
    assert not is_alive(child)
    ends = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(end) for end in ends] == [RenderCrashed] * 3
    assert list_names(tmp_path) == []
    await pool.close()


async def test_a_forced_encoder_that_does_not_open_is_one_clear_error() -> None:
    pool = RenderPool(1, encoder="h265")
    with pytest.raises(EncoderUnavailable, match="unknown encoder"):
        await pool.start()
    assert list_children() == set()
    await pool.close()


@pytest.mark.fault(60)
async def test_a_missing_picture_is_one_clear_error_at_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "renderer"
    shutil.copytree(assets.FOLDER.parent, installed)
    (installed / "assets" / "needle.png").unlink()
    monkeypatch.chdir(tmp_path)  # where a child's Python looks for the renderer first
    pool = RenderPool(1)
    with pytest.raises(AssetsMissing, match=rf"{installed}/assets/needle\.png is missing"):
        await pool.start()
    assert list_children() == set()
    await pool.close()


async def test_ctrl_c_is_left_to_the_parent(pool: RenderPool, song: Path) -> None:
    for child in list_children():
        os.kill(child, signal.SIGINT)
    assert (await pool.check_song(song)).channels == 2


@pytest.mark.parametrize("is_busy", [False, True])
async def test_a_killed_parent_leaves_no_children(
    is_busy: bool, encoded: EncodedLoop, long_song: Path, tmp_path: Path
) -> None:
    script = """
import asyncio, sys
from pathlib import Path
from renderer import Video, RenderJob, RenderPool

async def main(photo, song, out):
    pool = RenderPool(1)
    await pool.start()
    print("warm", flush=True)
    if photo:
        await pool.render(RenderJob(Path(photo), Path(song), (Video(Path(out)),)))
    await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""
    photo = str(encoded.photo) if is_busy else ""
    command = [sys.executable, "-c", script, photo, str(long_song), str(tmp_path / "out.mp4")]
    parent = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    assert await parent.stdout.readline() == b"warm\n"
    (child,) = list_children(parent.pid)
    parent.kill()
    await parent.communicate()
    await wait_until(lambda: not is_alive(child))
    assert not (tmp_path / "out.mp4").exists()


async def test_errors_keep_their_kind_across_the_pipe(pool: RenderPool, tmp_path: Path) -> None:
    job = one_video(tmp_path / "none.jpg", tmp_path / "none.mp3", tmp_path / "out.mp4")
    with pytest.raises(RenderError) as caught:
        await pool.render(job)
    assert (caught.value.kind, caught.value.can_retry) == ("bad_photo", False)
