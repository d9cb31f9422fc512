"""A child that wants more memory than it may have."""

import resource
from pathlib import Path

import cv2
import numpy as np
import pytest

from renderer import LoopJob, RenderCrashed, RenderPool
from tests.unit.renderer.children import list_children, list_names, read_memory
from tests.unit.renderer.media import one_video


@pytest.mark.fault(57)
async def test_memory_has_a_bound() -> None:
    pool = RenderPool(1, timeout_s=60, memory_limit_bytes=60_000_000)
    with pytest.raises(RenderCrashed):
        await pool.start()
    await pool.close()
    assert list_children() == set()


@pytest.mark.fault(57)
async def test_the_bound_counts_memory_not_address_space() -> None:
    """A GPU driver reserves many times the memory that it uses."""
    async with RenderPool(1, timeout_s=60, memory_limit_bytes=2_000_000_000):
        (child,) = list_children()
        assert resource.prlimit(child, resource.RLIMIT_DATA) == (2_000_000_000, 2_000_000_000)
        assert resource.prlimit(child, resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY


async def test_a_warm_child_is_small_on_any_number_of_cores() -> None:
    async with RenderPool(1, timeout_s=60):
        (child,) = list_children()
        assert read_memory(child, "VmData") < 280_000_000


@pytest.mark.fault(57)
async def test_a_job_that_needs_too_much_memory_fails_alone(
    red_photo: Path, song: Path, tmp_path: Path
) -> None:
    large = tmp_path / "large.png"
    cv2.imwrite(str(large), np.zeros((10_000, 10_000), np.uint8))
    async with RenderPool(1, timeout_s=60, memory_limit_bytes=2_000_000_000) as pool:
        (child,) = list_children()
        room = read_memory(child, "VmData") + 250_000_000  # less than the photo's 300 MB
        resource.prlimit(child, resource.RLIMIT_DATA, (room, room))
        with pytest.raises(RenderCrashed) as caught:
            await pool.make_loop(LoopJob(large, tmp_path / "loop.mp4"))
        assert caught.value.can_retry
        made = await pool.render(one_video(red_photo, song, tmp_path / "out.mp4"))
        assert made.videos[0].frames == 65
    assert list_names(tmp_path) == ["large.png", "out.mp4"]
