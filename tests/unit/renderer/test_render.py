"""Films are written, opened again and decoded to the end."""

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
    OutputFailed,
    PressJob,
    RenderJob,
    RenderSpec,
)
from renderer.render import press, render
from tests.unit.renderer.conftest import GREEN, RED, Pressed, Rendered
from tests.unit.renderer.media import one_film, read_film, show_pet, to_bgr

BT709_LIMITED = (1, 1, 1, 1)


def test_a_cycle_is_one_rotation_that_loops(pressed: Pressed) -> None:
    film = pressed.film
    assert (len(film.frames), film.fps, film.video_duration_s) == (45, 15.0, 3.0)
    assert film.frames[0].shape == (1080, 720)
    assert film.codecs == ["h264"]
    assert film.tags == BT709_LIMITED
    assert pressed.report.frames == 45
    assert pressed.report.size_bytes == pressed.cycle.stat().st_size < 200_000


def test_the_poster_is_the_first_frame(pressed: Pressed) -> None:
    poster = cv2.imread(str(pressed.poster))
    assert poster is not None
    assert poster.shape == (720, 720, 3)
    difference = np.abs(poster.astype(int) - to_bgr(pressed.film.frames[0]))
    assert difference.mean() < 4


def test_a_film_lasts_as_long_as_its_song(rendered: Rendered) -> None:
    film, report = rendered.film, rendered.report
    assert report.duration_s == pytest.approx(4.32, abs=0.03)
    assert film.duration_s == pytest.approx(report.duration_s, abs=1 / 15)
    assert film.video_duration_s == pytest.approx(report.duration_s, abs=1 / 15)
    assert film.audio_duration_s == pytest.approx(report.duration_s, abs=1024 / 44_100)
    assert len(film.frames) == report.films[0].frames == round(report.duration_s * 15)
    assert film.codecs == ["h264", "aac"]
    assert film.tags == BT709_LIMITED
    assert report.films[0].size_bytes == rendered.out.stat().st_size


def test_every_rotation_is_the_first_bit_for_bit(rendered: Rendered, pressed: Pressed) -> None:
    frames = rendered.film.frames
    assert len(frames) > 60
    for index, frame in enumerate(frames):
        assert np.array_equal(frame, pressed.film.frames[index % 45])


def test_the_song_starts_at_zero_and_clicks_on_time(rendered: Rendered) -> None:
    sound, rate = np.abs(rendered.film.samples), rendered.film.sample_rate
    for half_second in range(1, 8):  # a click at 0 has no silence before it to be found in
        middle = round(half_second * rate / 2)
        window = sound[middle - rate // 50 : middle + rate // 50]
        onset = int(np.argmax(window > 0.5)) - rate // 50
        assert abs(onset) <= rate // 1000


def test_the_report_is_json(rendered: Rendered, pressed: Pressed) -> None:
    assert json.loads(json.dumps(asdict(rendered.report)))["films"][0]["frames"] == 65
    assert json.loads(json.dumps(asdict(pressed.report))) == asdict(pressed.report)


def test_a_pressed_cycle_is_used_again(rendered: Rendered) -> None:
    assert rendered.report.films[0].is_cycle_reused
    assert rendered.report.films[0].encoder == "libx264"
    assert "compose" not in rendered.report.timings


@pytest.mark.parametrize("damage", ["missing", "truncated", "text", "other photo", "other spec"])
def test_a_cycle_that_does_not_fit_is_pressed_anew(
    damage: str, pressed: Pressed, green_photo: Path, song: Path, tmp_path: Path
) -> None:
    cycle, photo, spec = tmp_path / "cycle.mp4", pressed.photo, RenderSpec()
    content = pressed.cycle.read_bytes()
    if damage == "truncated":
        cycle.write_bytes(content[: len(content) // 2])
    elif damage == "text":
        cycle.write_text("not a film")
    elif damage != "missing":
        cycle.write_bytes(content)
    if damage == "other photo":
        photo = green_photo
    if damage == "other spec":
        spec = RenderSpec(crf=30)
    out = tmp_path / "out.mp4"
    report = render(one_film(photo, song, out, cycle=cycle, spec=spec))
    assert not report.films[0].is_cycle_reused
    colour = GREEN if damage == "other photo" else RED
    assert show_pet(read_film(out).frames[-1]) == pytest.approx(colour, abs=4)


def test_progress_grows_to_the_end(pressed: Pressed, song: Path, tmp_path: Path) -> None:
    heard: list[float] = []
    render(one_film(pressed.photo, song, tmp_path / "out.mp4", pressed.cycle), heard.append)
    assert heard == sorted(heard)
    assert 0 < heard[0] < 0.1
    assert 0.95 < heard[-1] <= 1


def test_a_forced_encoder_that_does_not_exist_is_refused(pressed: Pressed, tmp_path: Path) -> None:
    job = PressJob(pressed.photo, tmp_path / "c.mp4", tmp_path / "c.jpg", encoder="h265")
    with pytest.raises(EncoderUnavailable, match=r"unknown encoder 'h265'"):
        press(job)
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
        press(PressJob(photo, out / "c.mp4", out / "c.jpg"))
    with pytest.raises(BadPhoto, match=r"pet\.jpg"):
        render(one_film(photo, song, out / "film.mp4"))
    assert list(out.iterdir()) == []


def test_a_photo_cut_in_the_middle_is_refused(pressed: Pressed, tmp_path: Path) -> None:
    content = pressed.photo.read_bytes()
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(BadPhoto, match="not a whole picture"):
        press(PressJob(cut, tmp_path / "c.mp4", tmp_path / "c.jpg"))


def test_a_bad_song_keeps_the_film_that_is_there(pressed: Pressed, tmp_path: Path) -> None:
    song, out = tmp_path / "song.mp3", tmp_path / "out.mp4"
    song.write_text("<html>not found</html>")
    out.write_bytes(b"an earlier film")
    with pytest.raises(BadSong, match=r"song\.mp3"):
        render(one_film(pressed.photo, song, out, pressed.cycle))
    assert out.read_bytes() == b"an earlier film"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4", "song.mp3"]


def test_row_55_no_folder_to_write_into(pressed: Pressed, song: Path, tmp_path: Path) -> None:
    out = tmp_path / "missing" / "out.mp4"
    with pytest.raises(OutputFailed, match="No such file") as caught:
        render(one_film(pressed.photo, song, out, pressed.cycle))
    assert caught.value.can_retry


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_row_55_a_disk_that_fills_up_leaves_nothing(
    share: float, pressed: Pressed, song: Path, rendered: Rendered, tmp_path: Path
) -> None:
    """A limit on file size stands in for the full disk; it binds a whole process, so a child's."""
    limit = int(rendered.report.films[0].size_bytes * share)
    out = tmp_path / "out.mp4"
    ended = subprocess.run(
        [sys.executable, "-m", "renderer", str(pressed.photo), str(song), str(out)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, "cannot write" in ended.stderr) == (1, True), ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_row_58_two_renders_in_threads_keep_their_photos(
    red_photo: Path, green_photo: Path, song: Path, tmp_path: Path
) -> None:
    jobs = [
        one_film(red_photo, song, tmp_path / "red.mp4"),
        one_film(green_photo, song, tmp_path / "green.mp4", spec=RenderSpec(crf=20, fps=10)),
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
        for frame in read_film(job.films[0].out).frames[::13]:
            assert show_pet(frame) == pytest.approx(colour, abs=4)
