"""Several films of one song from one job."""

import errno
import hashlib
import itertools
import os
from pathlib import Path

import av
import numpy as np
import pytest

from renderer import FORMATS, BadSpec, Film, OutputFailed, RenderJob, RenderSpec
from renderer.render import render
from tests.unit.renderer.conftest import RED, Films, Pressed
from tests.unit.renderer.media import read_film, to_bgr


def digest_sound(path: Path) -> tuple[int, str]:
    """Return the number of a film's packets of sound and a digest of their bytes and times."""
    digest = hashlib.sha256()
    with av.open(str(path), format="mp4") as container:
        packets = [packet for packet in container.demux(audio=0) if packet.size]
    for packet in packets:
        digest.update(f"{packet.pts} {packet.dts} {packet.duration} ".encode() + bytes(packet))
    return len(packets), digest.hexdigest()


@pytest.mark.parametrize("name", FORMATS)
def test_each_film_is_of_its_own_format(name: str, films: Films) -> None:
    spec, film = FORMATS[name], read_film(films.paths[name])
    report = films.report.films[list(FORMATS).index(name)]
    duration_s = films.report.duration_s
    assert film.fps == spec.fps
    assert film.video_duration_s == pytest.approx(duration_s, abs=1 / spec.fps)
    assert film.audio_duration_s == pytest.approx(duration_s, abs=1024 / film.sample_rate)
    assert film.duration_s == pytest.approx(duration_s, abs=1 / spec.fps)
    assert len(film.frames) == report.frames == round(duration_s * spec.fps)
    assert report.size_bytes == films.paths[name].stat().st_size
    assert (report.encoder, report.is_cycle_reused) == ("libx264", name == "square")

    per_cycle = spec.frames_per_cycle
    assert per_cycle == 3 * spec.fps < len(film.frames)
    for index, frame in enumerate(film.frames):
        assert frame.shape == (spec.height_px * 3 // 2, spec.width_px)
        assert np.array_equal(frame, film.frames[index % per_cycle])

    x, y = spec.width_px // 2, round(spec.spindle_y_px * spec.scale)
    pet = to_bgr(film.frames[0])[y - 50 : y + 50, x - 50 : x + 50]
    assert tuple(pet.mean((0, 1))) == pytest.approx(RED, abs=4)


def test_the_song_is_encoded_once_for_all(films: Films) -> None:
    assert films.heard == sorted(films.heard)  # a second reading would begin at 0 again
    sounds = {digest_sound(path) for path in films.paths.values()}
    assert len(sounds) == 1
    ((packets, _),) = sounds
    assert packets == pytest.approx(films.report.duration_s * 44_100 / 1024, abs=2.5)


@pytest.mark.parametrize("broken", [0, 1])
def test_row_55_all_films_appear_or_none(
    broken: int, pressed: Pressed, song: Path, tmp_path: Path
) -> None:
    earlier = tmp_path / "earlier.mp4"
    earlier.write_bytes(b"an earlier film")
    outs = [earlier, tmp_path / "new.mp4"]
    outs.insert(broken, tmp_path / "missing" / "film.mp4")
    films = tuple(Film(out, RenderSpec(), pressed.cycle) for out in outs)
    with pytest.raises(OutputFailed, match=r"missing/film\.mp4: No such file"):
        render(RenderJob(pressed.photo, song, films))
    assert earlier.read_bytes() == b"an earlier film"
    assert [path.name for path in tmp_path.iterdir()] == ["earlier.mp4"]


@pytest.mark.parametrize("call", [1, 2])
def test_row_55_a_disk_that_fails_leaves_no_film(
    call: int, pressed: Pressed, song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = itertools.count(1)

    def fail(descriptor: int) -> None:
        if next(calls) == call:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    outs = [tmp_path / "1.mp4", tmp_path / "2.mp4"]
    films = tuple(Film(out, RenderSpec(), pressed.cycle) for out in outs)
    with pytest.raises(OutputFailed, match=rf"/{call}\.mp4: Input/output error") as caught:
        render(RenderJob(pressed.photo, song, films))
    assert caught.value.can_retry
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", [0, 1])
def test_row_55_a_folder_in_a_films_place_keeps_the_others_away(
    place: int, pressed: Pressed, song: Path, tmp_path: Path
) -> None:
    outs = [tmp_path / "film.mp4", tmp_path / "other.mp4"]
    outs[place].mkdir()
    films = tuple(Film(out, RenderSpec(), pressed.cycle) for out in outs)
    with pytest.raises(OutputFailed, match="Is a directory"):
        render(RenderJob(pressed.photo, song, films))
    assert list(tmp_path.iterdir()) == [outs[place]]


@pytest.mark.parametrize("folder", ["/proc", "/dev/null"])  # also closed to root
def test_row_55_a_folder_that_takes_no_file_is_named(
    folder: str, pressed: Pressed, song: Path
) -> None:
    out = Path(folder) / "film.mp4"
    with pytest.raises(OutputFailed, match=f"^cannot write {out}: ") as caught:
        render(RenderJob(pressed.photo, song, (Film(out, RenderSpec(), pressed.cycle),)))
    assert caught.value.can_retry


def test_films_that_disagree_on_the_sound_are_refused(
    pressed: Pressed, song: Path, tmp_path: Path
) -> None:
    for films in (
        (),
        (Film(tmp_path / "a.mp4"), Film(tmp_path / "b.mp4", RenderSpec(audio_bit_rate=128_000))),
    ):
        with pytest.raises(BadSpec, match="share one bit rate"):
            render(RenderJob(pressed.photo, song, films))
    assert list(tmp_path.iterdir()) == []


def test_a_film_that_would_replace_another_file_of_its_job_is_refused(
    pressed: Pressed, song: Path, tmp_path: Path
) -> None:
    twice = (Film(tmp_path / "a.mp4"), Film(tmp_path / "a.mp4", FORMATS["story"]))
    before = song.read_bytes()
    for films in (twice, (Film(song),)):
        with pytest.raises(BadSpec, match="a file of its own"):
            render(RenderJob(pressed.photo, song, films))
    assert song.read_bytes() == before
    assert list(tmp_path.iterdir()) == []
