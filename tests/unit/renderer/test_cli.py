import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from renderer.__main__ import main
from tests.unit.renderer.media import read_film


def test_a_film_from_the_command_line(red_photo: Path, song: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    command = [sys.executable, "-m", "renderer", str(red_photo), str(song), str(out), "--json"]
    bare = {"PATH": os.environ["PATH"]}  # no settings of any site
    ended = subprocess.run(command, capture_output=True, text=True, env=bare, check=True)
    report = json.loads(ended.stdout)
    assert len(read_film(out).frames) == report["films"][0]["frames"] == 65
    assert ended.stderr == ""


def test_timings_are_a_table(
    red_photo: Path, song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(red_photo), str(song), str(tmp_path / "out.mp4"), "--timings"]) == 0
    shown = capsys.readouterr().err
    assert all(phase in shown for phase in ("compose", "encode", "audio", "write", "total"))


def test_a_bad_song_is_one_line_and_exit_code_2(
    red_photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(red_photo), str(red_photo), str(tmp_path / "out.mp4")]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("renderer: ")
    assert shown.count("\n") == 1
    assert "red.jpg" in shown


def test_a_folder_that_is_not_there_is_exit_code_1(
    red_photo: Path, song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(red_photo), str(song), str(tmp_path / "none" / "out.mp4")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


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
        except OSError:  # Linux's way of saying that the other end is closed
            pass
        os.close(terminal)
    assert running.returncode == 0
    assert b"Rendering" in shown
    assert b"65 frames" in shown
