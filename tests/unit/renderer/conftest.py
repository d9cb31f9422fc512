"""A photo, a song and an encoded loop, made once for all tests of the renderer."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from renderer import FORMATS, LoopJob, LoopReport, RenderJob, RenderReport, Video
from renderer.probe import probe
from renderer.render import make_loop, render
from tests.unit.renderer.media import (
    Footage,
    one_video,
    read_video,
    watch_libav,
    write_photo,
    write_song,
)

RED, GREEN = (40, 40, 200), (60, 180, 40)  # BGR


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests marked `gpu` where no GPU has a video encoder."""
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if marked and probe("h264_nvenc"):
        config.hook.pytest_deselected(items=marked)
        items[:] = [item for item in items if item not in marked]


@dataclass(frozen=True)
class EncodedLoop:
    photo: Path
    loop: Path
    poster: Path
    report: LoopReport
    video: Footage


@dataclass(frozen=True)
class Rendered:
    out: Path
    report: RenderReport
    video: Footage


@dataclass(frozen=True)
class Videos:
    """What one job made, by format."""

    paths: dict[str, Path]
    report: RenderReport
    heard: list[float]
    """The shares of the song that were reported."""
    said: list[str]
    """What FFmpeg's libraries warned about meanwhile."""


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("renderer")


@pytest.fixture(scope="session")
def red_photo(workshop: Path) -> Path:
    return write_photo(workshop / "red.jpg", RED)


@pytest.fixture(scope="session")
def green_photo(workshop: Path) -> Path:
    return write_photo(workshop / "green.jpg", GREEN)


@pytest.fixture(scope="session")
def marked_photo(workshop: Path) -> Path:
    """Grey with a white spot at twelve o'clock, to show the direction of rotation."""
    picture = np.full((600, 600, 3), 90, np.uint8)
    cv2.circle(picture, (300, 90), 45, (255, 255, 255), -1)
    path = workshop / "marked.png"
    cv2.imwrite(str(path), picture)
    return path


@pytest.fixture(scope="session")
def song(workshop: Path) -> Path:
    """4.32 s: one rotation and part of the next."""
    return write_song(workshop / "song.mp3", 4.32)


@pytest.fixture(scope="session")
def encoded(workshop: Path, red_photo: Path) -> EncodedLoop:
    loop, poster = workshop / "red-loop.mp4", workshop / "red-poster.jpg"
    report = make_loop(LoopJob(red_photo, loop, poster, encoder="libx264"))
    return EncodedLoop(red_photo, loop, poster, report, read_video(loop))


@pytest.fixture(scope="session")
def rendered(workshop: Path, encoded: EncodedLoop, song: Path) -> Rendered:
    out = workshop / "red.mp4"
    report = render(one_video(encoded.photo, song, out, loop=encoded.loop))
    return Rendered(out, report, read_video(out))


@pytest.fixture(scope="session")
def videos(workshop: Path, encoded: EncodedLoop, song: Path) -> Videos:
    """Every format, from one job."""
    paths = {name: workshop / f"{name}.mp4" for name in FORMATS}
    loops = {"square": encoded.loop}
    wanted = tuple(Video(path, FORMATS[name], loops.get(name)) for name, path in paths.items())
    with watch_libav() as said:
        heard: list[float] = []
        report = render(RenderJob(encoded.photo, song, wanted, "libx264"), heard.append)
    return Videos(paths, report, heard, said)
