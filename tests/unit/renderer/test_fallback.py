"""An encoder that opens but breaks during a job, as a GPU's can.

The table of encoders is the seam: FFmpeg's MPEG-4 encoder stands in for the hardware's, with the
probe's size as its largest picture, because GPUs have such a limit.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from renderer import EncoderUnavailable, LoopJob, OutputFailed, RenderJob, RenderSpec, Video
from renderer.encoders import ENCODERS, SOFTWARE
from renderer.jobs import AUTO
from renderer.probe import choose, probe
from renderer.render import make_loop, render
from tests.unit.renderer.media import one_video, read_video

FRAGILE = "mpeg4"
LARGE = RenderSpec(width_px=800, height_px=800, fps=1)  # a rotation of three frames
LAST_WORDS = (
    "Invalid argument: Picture size 800x800 exceeds specified max pixel count 518400, "
    "see the documentation if you wish to increase it"
)
REASON = f"mpeg4 broke: {LAST_WORDS}"


def ask_for_small_pictures(spec: RenderSpec) -> dict[str, str]:
    return {"max_pixels": str(720 * 720)}


@pytest.fixture
def table() -> Iterator[dict[str, object]]:
    """The table of encoders with the fragile one in the hardware's place."""
    known = cast(dict[str, object], ENCODERS)
    before = dict(known)
    known.clear()
    known.update({FRAGILE: ask_for_small_pictures, SOFTWARE: before[SOFTWARE]})
    probe.cache_clear()
    yield known
    known.clear()
    known.update(before)
    probe.cache_clear()


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("asked", [AUTO, FRAGILE])
def test_a_job_whose_encoder_breaks_is_done_by_libx264(
    asked: str, red_photo: Path, song: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert choose(asked).encoder == FRAGILE
    loop, out = tmp_path / "loop.mp4", tmp_path / "out.mp4"
    with caplog.at_level(logging.WARNING, "renderer"):
        encoded = make_loop(LoopJob(red_photo, loop, encoder=asked, spec=LARGE))
    assert (encoded.encoder, encoded.fallback) == (SOFTWARE, REASON)
    assert caplog.messages == [f"{REASON}; this job continues with libx264"]
    assert read_video(loop).codecs == ["h264"]

    report = render(RenderJob(red_photo, song, (Video(out, LARGE, loop),), asked))
    (video,) = report.videos
    assert video.is_loop_reused
    assert (video.encoder, video.fallback) == (SOFTWARE, REASON)
    assert len(caplog.messages) == 1  # an encoder that broke once is not tried again


@pytest.mark.usefixtures("table")
def test_a_video_beside_the_broken_one_keeps_its_encoder(
    red_photo: Path, song: Path, tmp_path: Path
) -> None:
    videos = (Video(tmp_path / "small.mp4"), Video(tmp_path / "large.mp4", LARGE))
    report = render(RenderJob(red_photo, song, videos))
    assert [(video.encoder, video.fallback) for video in report.videos] == [
        (FRAGILE, None),
        (SOFTWARE, REASON),
    ]
    assert [read_video(video.out).codecs[0] for video in videos] == ["mpeg4", "h264"]


def test_libx264_that_breaks_ends_the_job(
    table: dict[str, object], red_photo: Path, song: Path, tmp_path: Path
) -> None:
    table[SOFTWARE] = ask_for_small_pictures
    for asked in (AUTO, SOFTWARE):
        job = RenderJob(red_photo, song, (Video(tmp_path / "out.mp4", LARGE),), asked)
        with pytest.raises(OutputFailed, match=f"^libx264 broke: {LAST_WORDS}$") as caught:
            render(job)
        assert caught.value.can_retry
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_that_never_opens_is_passed_over_with_its_reason(
    table: dict[str, object], red_photo: Path, song: Path, tmp_path: Path
) -> None:
    table[FRAGILE] = lambda spec: {"max_pixels": "1"}
    report = render(one_video(red_photo, song, tmp_path / "out.mp4"))
    assert report.videos[0].encoder == SOFTWARE
    assert (report.videos[0].fallback or "").startswith("mpeg4: Invalid argument: Picture size")
    with pytest.raises(EncoderUnavailable, match=r"mpeg4 does not open here \(Invalid argument: "):
        choose(FRAGILE)


def test_no_encoder_at_all_is_one_clear_error(
    table: dict[str, object], red_photo: Path, tmp_path: Path
) -> None:
    for name in table:
        table[name] = lambda spec: {"max_pixels": "1"}
    with pytest.raises(
        EncoderUnavailable, match=r"no H\.264 encoder opens here: mpeg4: .*; libx264"
    ):
        make_loop(LoopJob(red_photo, tmp_path / "loop.mp4"))
    assert list(tmp_path.iterdir()) == []
