"""Photos in child processes: one that kills its child is refused, and not blamed for our errors."""

import asyncio
import base64
import os
import signal
import sys
from pathlib import Path

import pytest

from server.errors import FormRejected, PhotosUnavailable
from server.photos.cleaning import MAX_BYTES, clean_photo
from server.photos.pool import PhotoPool
from server.setting_types import LEAST_PHOTO_MEMORY_MB
from tests.inputs.images import draw
from tests.unit.photos.conftest import OpenPool, list_photo_children
from tests.unit.renderer.children import is_alive, wait_until

PHOTO = base64.b64encode(draw("saved")).decode()


async def stop_every_child() -> None:
    while True:
        for child in list_photo_children():
            os.kill(child, signal.SIGSTOP)
        await asyncio.sleep(0.005)


def is_there(process_id: int) -> bool:
    """Say whether a process still exists, even as a zombie."""
    return Path(f"/proc/{process_id}").exists()


def read_environment(process_id: int) -> bytes:
    return Path(f"/proc/{process_id}/environ").read_bytes()


def list_open_files() -> set[str]:
    return {str(path) for path in Path("/proc/self/fd").iterdir()}


async def test_a_photo_is_cleaned_in_a_child_that_stays(pool: PhotoPool) -> None:
    assert list_photo_children() == set()

    assert await pool.clean(PHOTO) == clean_photo(PHOTO)
    first = list_photo_children()
    assert await pool.clean(PHOTO) == clean_photo(PHOTO)

    assert len(first) == 1
    assert list_photo_children() == first


async def test_a_refused_photo_does_not_cost_the_child(pool: PhotoPool) -> None:
    await pool.clean(PHOTO)
    before = list_photo_children()

    for text in ("", "\n", "1\n", "\ud800", "bm90IGEgcGhvdG8=", PHOTO[:-400]):
        with pytest.raises(FormRejected, match="Invalid image format"):
            await pool.clean(text)

    assert list_photo_children() == before
    assert await pool.clean(PHOTO)


async def test_many_at_once_share_two_children(pool: PhotoPool) -> None:
    cleaned = await asyncio.gather(*(pool.clean(PHOTO) for _ in range(20)))

    assert set(cleaned) == {clean_photo(PHOTO)}
    assert len(list_photo_children()) == 2


@pytest.mark.fault(19)
async def test_a_photo_that_kills_its_child_could_not_be_read(pool: PhotoPool) -> None:
    await pool.clean(PHOTO)
    (child,) = list_photo_children()
    os.kill(child, signal.SIGSTOP)
    doomed = asyncio.create_task(pool.clean(PHOTO))
    await asyncio.sleep(0)

    os.kill(child, signal.SIGKILL)

    with pytest.raises(FormRejected) as refusal:
        await doomed
    assert "could not be read" in refusal.value.fields["photo"]
    assert not is_alive(child)
    assert await pool.clean(PHOTO) == clean_photo(PHOTO)


async def test_a_photo_that_takes_too_long_is_ended(open_pool: OpenPool) -> None:
    pool = open_pool(0.5)
    await pool.clean(PHOTO)
    (child,) = list_photo_children()
    os.kill(child, signal.SIGSTOP)

    with pytest.raises(FormRejected) as refusal:
        await pool.clean(PHOTO)

    assert "could not be read" in refusal.value.fields["photo"]
    assert not is_there(child)


async def test_a_child_that_dies_between_two_photos_is_replaced_silently(pool: PhotoPool) -> None:
    await pool.clean(PHOTO)
    (child,) = list_photo_children()
    os.kill(child, signal.SIGKILL)
    await wait_until(lambda: not is_alive(child))

    assert await pool.clean(PHOTO) == clean_photo(PHOTO)


async def test_photos_behind_two_that_hang_only_wait(open_pool: OpenPool) -> None:
    pool = open_pool(2)
    await asyncio.gather(pool.clean(PHOTO), pool.clean(PHOTO))
    for child in list_photo_children():
        os.kill(child, signal.SIGSTOP)

    outcomes = await asyncio.gather(*(pool.clean(PHOTO) for _ in range(9)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes[:2]] == [FormRejected] * 2
    assert outcomes[2:] == [clean_photo(PHOTO)] * 7


async def test_a_missing_child_is_not_blamed_on_the_photo(
    open_pool: OpenPool,
) -> None:
    pool = open_pool(0.5)
    photos = [asyncio.create_task(pool.clean(PHOTO)) for _ in range(6)]
    stopping = asyncio.create_task(stop_every_child())

    outcomes = await asyncio.gather(*photos[4:], return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [PhotosUnavailable] * 2
    stopping.cancel()
    await pool.close()
    await asyncio.gather(*photos, stopping, return_exceptions=True)


@pytest.mark.parametrize("program", ["/nowhere/python", "/bin/false"])
async def test_children_that_cannot_start_are_not_the_photos_fault(
    program: str, pool: PhotoPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", program)
        for _ in range(3):
            with pytest.raises(PhotosUnavailable):
                await pool.clean(PHOTO)

    assert await pool.clean(PHOTO)
    await pool.close()
    with pytest.raises(PhotosUnavailable):
        await pool.clean(PHOTO)


async def test_closing_ends_children_at_work_and_leaves_no_file_open(pool: PhotoPool) -> None:
    before = list_open_files()
    await pool.clean(PHOTO)
    (child,) = list_photo_children()
    os.kill(child, signal.SIGSTOP)
    at_work = asyncio.create_task(pool.clean(PHOTO))
    await asyncio.sleep(0)

    await pool.close()

    with pytest.raises(FormRejected):
        await at_work
    assert not is_there(child)
    await wait_until(lambda: list_open_files() <= before)


async def test_a_child_knows_no_secret(pool: PhotoPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONAUTO_API_KEY", "key-of-the-tests")
    await pool.clean(PHOTO)
    (child,) = list_photo_children()

    assert b"SONAUTO" not in read_environment(child)


async def test_children_end_with_the_process_they_work_for() -> None:
    program = (
        "import asyncio, os, signal, sys\n"
        "from server.photos.pool import PhotoPool\n"
        "async def main():\n"
        "    await PhotoPool(30, 1 << 30).clean(sys.stdin.readline().strip())\n"
        "    print('cleaned', flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert parent.stdin
    assert parent.stdout
    parent.stdin.write(PHOTO.encode() + b"\n")
    assert await parent.stdout.readline() == b"cleaned\n"
    (child,) = list_photo_children(parent.pid)

    parent.kill()
    await parent.communicate()

    await wait_until(lambda: not is_alive(child))


async def test_the_least_memory_is_enough_for_the_largest_photo(open_pool: OpenPool) -> None:
    pool = open_pool(30, LEAST_PHOTO_MEMORY_MB << 20)
    photo = draw("noise", quality=100)

    assert await pool.clean(base64.b64encode(photo.ljust(MAX_BYTES, b"\0")).decode())
