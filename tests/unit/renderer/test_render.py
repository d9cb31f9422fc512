"""Videos are written, opened again and decoded to the end."""

import json
import resource
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import pytest

from renderer import (
    BadPhoto,
    BadSong,
    EncoderUnavailable,
    LoopJob,
    OutputFailed,
    RenderJob,
    RenderSpec,
)
from renderer.render import make_loop, render
from tests.unit.renderer.conftest import GREEN, RED, EncodedLoop, Rendered
from tests.unit.renderer.media import one_video, read_video, show_pet, to_bgr

BT709_LIMITED = (1, 1, 1, 1)


def test_a_loop_is_one_rotation_that_loops(encoded: EncodedLoop) -> None:
    video = encoded.video
    assert (len(video.frames), video.fps, video.video_duration_s) == (45, 15.0, 3.0)
    assert video.frames[0].shape == (1080, 720)
    assert video.codecs == ["h264"]
    assert video.tags == BT709_LIMITED
    assert encoded.report.frames == 45
    assert encoded.report.size_bytes == encoded.loop.stat().st_size < 200_000


def test_the_poster_is_the_first_frame(encoded: EncodedLoop) -> None:
    poster = cv2.imread(str(encoded.poster))
    assert poster is not None
    assert poster.shape == (720, 720, 3)
    difference = np.abs(poster.astype(int) - to_bgr(encoded.video.frames[0]))
    assert difference.mean() < 4


def test_a_video_lasts_as_long_as_its_song(rendered: Rendered) -> None:
    video, report = rendered.video, rendered.report
    assert report.duration_s == pytest.approx(4.32, abs=0.03)
    assert video.duration_s == pytest.approx(report.duration_s, abs=1 / 15)
    assert video.video_duration_s == pytest.approx(report.duration_s, abs=1 / 15)
    assert video.audio_duration_s == pytest.approx(report.duration_s, abs=1024 / 44_100)
    assert len(video.frames) == report.videos[0].frames == round(report.duration_s * 15)
    assert video.codecs == ["h264", "aac"]
    assert video.tags == BT709_LIMITED
    assert report.videos[0].size_bytes == rendered.out.stat().st_size


def test_every_rotation_is_the_first_bit_for_bit(rendered: Rendered, encoded: EncodedLoop) -> None:
    frames = rendered.video.frames
    assert len(frames) > 60
    for index, frame in enumerate(frames):
        assert np.array_equal(frame, encoded.video.frames[index % 45])


def test_the_song_starts_at_zero_and_clicks_on_time(rendered: Rendered) -> None:
    sound, rate = np.abs(rendered.video.samples), rendered.video.sample_rate
    for half_second in range(1, 8):  # a click at 0 has no silence before it by which to find it
        middle = round(half_second * rate / 2)
        window = sound[middle - rate // 50 : middle + rate // 50]
        onset = int(np.argmax(window > 0.5)) - rate // 50
        assert abs(onset) <= rate // 1000


def test_the_report_is_json(rendered: Rendered, encoded: EncodedLoop) -> None:
    assert json.loads(json.dumps(asdict(rendered.report)))["videos"][0]["frames"] == 65
    assert json.loads(json.dumps(asdict(encoded.report))) == asdict(encoded.report)


def test_an_encoded_loop_is_reused(rendered: Rendered) -> None:
    assert rendered.report.videos[0].is_loop_reused
    assert rendered.report.videos[0].encoder == "libx264"
    assert "compose" not in rendered.report.timings


@pytest.mark.parametrize("damage", ["missing", "truncated", "text", "other photo", "other spec"])
def test_a_loop_that_does_not_fit_is_encoded_again(
    damage: str, encoded: EncodedLoop, green_photo: Path, song: Path, tmp_path: Path
) -> None:
    loop, photo, spec = tmp_path / "loop.mp4", encoded.photo, RenderSpec()
    content = encoded.loop.read_bytes()
    if damage == "truncated":
        loop.write_bytes(content[: len(content) // 2])
    elif damage == "text":
        loop.write_text("not a video")
    elif damage != "missing":
        loop.write_bytes(content)
    if damage == "other photo":
        photo = green_photo
    if damage == "other spec":
        spec = RenderSpec(crf=30)
    out = tmp_path / "out.mp4"
    report = render(one_video(photo, song, out, loop=loop, spec=spec))
    assert not report.videos[0].is_loop_reused
    colour = GREEN if damage == "other photo" else RED
    assert show_pet(read_video(out).frames[-1]) == pytest.approx(colour, abs=4)


def test_progress_grows_to_the_end(encoded: EncodedLoop, song: Path, tmp_path: Path) -> None:
    heard: list[float] = []
    render(one_video(encoded.photo, song, tmp_path / "out.mp4", encoded.loop), heard.append)
    assert heard == sorted(heard)
    assert 0 < heard[0] < 0.1
    assert 0.95 < heard[-1] <= 1


def test_a_forced_encoder_that_does_not_exist_is_refused(
    encoded: EncodedLoop, tmp_path: Path
) -> None:
    job = LoopJob(encoded.photo, tmp_path / "c.mp4", tmp_path / "c.jpg", encoder="h265")
    with pytest.raises(EncoderUnavailable, match=r"unknown encoder 'h265'"):
        make_loop(job)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [None, b"", b"GIF89a", b"<html></html>"])
def test_a_bad_photo_is_named_and_leaves_nothing(
    content: bytes | None, song: Path, tmp_path: Path
) -> None:
    photo, out = tmp_path / "pet.jpg", tmp_path / "out"
    out.mkdir()
    if content is not None:
        photo.write_bytes(content)
    with pytest.raises(BadPhoto, match=r"pet\.jpg"):
        make_loop(LoopJob(photo, out / "c.mp4", out / "c.jpg"))
    with pytest.raises(BadPhoto, match=r"pet\.jpg"):
        render(one_video(photo, song, out / "video.mp4"))
    assert list(out.iterdir()) == []


def test_a_photo_cut_in_the_middle_is_refused(encoded: EncodedLoop, tmp_path: Path) -> None:
    content = encoded.photo.read_bytes()
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(BadPhoto, match="not a complete picture"):
        make_loop(LoopJob(cut, tmp_path / "c.mp4", tmp_path / "c.jpg"))


def test_a_bad_song_keeps_the_video_that_is_there(encoded: EncodedLoop, tmp_path: Path) -> None:
    song, out = tmp_path / "song.mp3", tmp_path / "out.mp4"
    song.write_text("<html>not found</html>")
    out.write_bytes(b"an earlier video")
    with pytest.raises(BadSong, match=r"song\.mp3"):
        render(one_video(encoded.photo, song, out, encoded.loop))
    assert out.read_bytes() == b"an earlier video"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4", "song.mp3"]


@pytest.mark.fault(55)
def test_a_missing_output_folder_is_reported(
    encoded: EncodedLoop, song: Path, tmp_path: Path
) -> None:
    out = tmp_path / "missing" / "out.mp4"
    with pytest.raises(OutputFailed, match="No such file") as caught:
        render(one_video(encoded.photo, song, out, encoded.loop))
    assert caught.value.can_retry


@pytest.mark.fault(55)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_disk_that_fills_up_leaves_nothing(
    share: float, encoded: EncodedLoop, song: Path, rendered: Rendered, tmp_path: Path
) -> None:
    """A file size limit stands in for a full disk; it applies to a process, hence the child."""
    limit = int(rendered.report.videos[0].size_bytes * share)
    out = tmp_path / "out.mp4"
    ended = subprocess.run(
        [sys.executable, "-m", "renderer", str(encoded.photo), str(song), str(out)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, "cannot write" in ended.stderr) == (1, True), ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.fault(58)
def test_two_renders_in_threads_keep_their_photos(
    red_photo: Path, green_photo: Path, song: Path, tmp_path: Path
) -> None:
    jobs = [
        one_video(red_photo, song, tmp_path / "red.mp4"),
        one_video(green_photo, song, tmp_path / "green.mp4", spec=RenderSpec(crf=20, fps=10)),
    ]
    start = threading.Barrier(len(jobs))

    def run(job: RenderJob) -> None:
        start.wait()
        for _ in range(3):
            render(job)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for job, colour in zip(jobs, (RED, GREEN), strict=True):
        for frame in read_video(job.videos[0].out).frames[::13]:
            assert show_pet(frame) == pytest.approx(colour, abs=4)
