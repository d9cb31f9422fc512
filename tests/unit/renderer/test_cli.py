import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from renderer import FORMATS
from renderer.__main__ import main
from renderer.encoders import ENCODERS
from renderer.probe import probe
from tests.unit.renderer.media import read_video, write_song


@pytest.fixture(scope="module")
def short_song(workshop: Path) -> Path:
    return write_song(workshop / "short.mp3", 0.6)


def test_a_video_from_the_command_line(red_photo: Path, song: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    command = [sys.executable, "-m", "renderer", str(red_photo), str(song), str(out), "--json"]
    bare = {"PATH": os.environ["PATH"]}  # without any site's settings
    ended = subprocess.run(command, capture_output=True, text=True, env=bare, check=True)
    report = json.loads(ended.stdout)
    assert len(read_video(out).frames) == report["videos"][0]["frames"] == 65
    assert ended.stderr == ""


def test_timings_are_a_table(
    red_photo: Path, song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(red_photo), str(song), str(tmp_path / "out.mp4"), "--timings"]) == 0
    shown = capsys.readouterr().err
    assert all(phase in shown for phase in ("compose", "encode", "audio", "write", "total"))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_there_to_ask_for(
    name: str, red_photo: Path, short_song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.mp4"
    assert main([str(red_photo), str(short_song), str(out), "--format", name]) == 0
    spec = FORMATS[name]
    video = read_video(out)
    assert video.frames[0].shape == (spec.height_px * 3 // 2, spec.width_px)
    assert video.fps == spec.fps
    assert f"out.mp4: {spec.width_px}x{spec.height_px}, 0.6 s," in capsys.readouterr().err


def test_json_tells_the_timings_and_nothing_else(
    red_photo: Path, short_song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(red_photo), str(short_song), str(tmp_path / "out.mp4")]
    assert main([*arguments, "--json", "--timings", "--encoder", "libx264"]) == 0
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    assert shown.err == ""
    assert {"compose", "encode", "audio", "write"} <= set(report["timings"])
    assert report["videos"][0]["encoder"] == "libx264"
    assert report["videos"][0]["fallback"] is None


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--format", "cinema", "choose from 'square', 'hd', 'story', 'wide'"),
        ("--encoder", "h265", "choose from 'auto', 'h264_nvenc', 'libx264'"),
    ],
)
def test_an_unknown_choice_lists_the_known_ones(
    option: str, value: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["photo", "song", "out", option, value])
    assert caught.value.code == 2
    assert words.replace("'", "") in capsys.readouterr().err.replace("'", "")


def test_an_encoder_this_machine_lacks_is_one_line_and_exit_code_2(
    red_photo: Path, short_song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = [name for name in ENCODERS if probe(name)]
    for name in missing:
        arguments = [str(red_photo), str(short_song), str(tmp_path / "out.mp4")]
        assert main([*arguments, "--encoder", name]) == 2
        shown = capsys.readouterr().err
        assert shown.startswith(f"renderer: {name} does not open here (")
        assert shown.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_names_in_any_script_and_with_brackets_are_only_names(
    red_photo: Path, short_song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "Zoë [bold]小花 عمر"
    folder.mkdir()
    photo, song = folder / "фото.jpg", folder / "песня 🎵.mp3"
    shutil.copy(red_photo, photo)
    shutil.copy(short_song, song)
    assert main([str(photo), str(song), str(folder / "*.mp4")]) == 0
    assert str(folder / "*.mp4") in capsys.readouterr().err
    assert len(read_video(folder / "*.mp4").frames) == 9
    assert main([str(photo), str(photo), str(folder / "*.mp4")]) == 2
    assert str(photo) in capsys.readouterr().err
    assert sorted(folder.iterdir()) == sorted([folder / "*.mp4", photo, song])


@pytest.mark.parametrize("place", ["missing/out.mp4", "."])
def test_an_unwritable_output_is_exit_code_1(
    place: str,
    red_photo: Path,
    short_song: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / place
    assert main([str(red_photo), str(short_song), str(out)]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith(f"renderer: cannot write {out}: ")
    assert shown.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_missing_photo_is_exit_code_2(
    short_song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "none.jpg"
    assert main([str(missing), str(short_song), str(tmp_path / "out.mp4")]) == 2
    assert f"cannot read {missing}" in capsys.readouterr().err


def test_a_bad_song_is_one_line_and_exit_code_2(
    red_photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(red_photo), str(red_photo), str(tmp_path / "out.mp4")]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("renderer: ")
    assert shown.count("\n") == 1
    assert "red.jpg" in shown


def test_a_terminal_sees_a_bar(red_photo: Path, song: Path, tmp_path: Path) -> None:
    terminal, other_end = pty.openpty()
    command = [sys.executable, "-m", "renderer", str(red_photo), str(song), str(tmp_path / "o.mp4")]
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm"}
    with subprocess.Popen(command, stderr=other_end, env=environment) as running:
        os.close(other_end)
        shown = b""
        try:
            while block := os.read(terminal, 4096):
                shown += block
        except OSError:  # Linux's way of reporting that the other end is closed
            pass
        os.close(terminal)
    assert running.returncode == 0
    assert b"Rendering" in shown
    assert b"65 frames" in shown
