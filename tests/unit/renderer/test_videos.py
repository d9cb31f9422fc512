"""Several videos of one song from one job."""

import errno
import hashlib
import itertools
import os
from pathlib import Path

import av
import numpy as np
import pytest

from renderer import FORMATS, BadSpec, OutputFailed, RenderJob, RenderSpec, Video
from renderer.render import render
from tests.unit.renderer.conftest import RED, EncodedLoop, Videos
from tests.unit.renderer.media import read_video, to_bgr


def digest_sound(path: Path) -> tuple[int, str]:
    """Return the number of a video's audio packets and a digest of their bytes and times."""
    digest = hashlib.sha256()
    with av.open(str(path), format="mp4") as container:
        packets = [packet for packet in container.demux(audio=0) if packet.size]
    for packet in packets:
        digest.update(f"{packet.pts} {packet.dts} {packet.duration} ".encode() + bytes(packet))
    return len(packets), digest.hexdigest()


@pytest.mark.parametrize("name", FORMATS)
def test_each_video_is_of_its_own_format(name: str, videos: Videos) -> None:
    spec, video = FORMATS[name], read_video(videos.paths[name])
    report = videos.report.videos[list(FORMATS).index(name)]
    duration_s = videos.report.duration_s
    assert video.fps == spec.fps
    assert video.video_duration_s == pytest.approx(duration_s, abs=1 / spec.fps)
    assert video.audio_duration_s == pytest.approx(duration_s, abs=1024 / video.sample_rate)
    assert video.duration_s == pytest.approx(duration_s, abs=1 / spec.fps)
    assert len(video.frames) == report.frames == round(duration_s * spec.fps)
    assert report.size_bytes == videos.paths[name].stat().st_size
    assert (report.encoder, report.is_loop_reused) == ("libx264", name == "square")

    per_loop = spec.frames_per_loop
    assert per_loop == 3 * spec.fps < len(video.frames)
    for index, frame in enumerate(video.frames):
        assert frame.shape == (spec.height_px * 3 // 2, spec.width_px)
        assert np.array_equal(frame, video.frames[index % per_loop])

    x, y = spec.width_px // 2, round(spec.layout.spindle_y_px * spec.scale)
    pet = to_bgr(video.frames[0])[y - 50 : y + 50, x - 50 : x + 50]
    assert tuple(pet.mean((0, 1))) == pytest.approx(RED, abs=4)


def test_the_song_is_encoded_once_for_all(videos: Videos) -> None:
    assert videos.heard == sorted(videos.heard)  # a second reading would start at 0 again
    sounds = {digest_sound(path) for path in videos.paths.values()}
    assert len(sounds) == 1
    ((packets, _),) = sounds
    assert packets == pytest.approx(videos.report.duration_s * 44_100 / 1024, abs=2.5)


@pytest.mark.fault(55)
@pytest.mark.parametrize("broken", [0, 1])
def test_all_videos_appear_or_none(
    broken: int, encoded: EncodedLoop, song: Path, tmp_path: Path
) -> None:
    earlier = tmp_path / "earlier.mp4"
    earlier.write_bytes(b"an earlier video")
    outs = [earlier, tmp_path / "new.mp4"]
    outs.insert(broken, tmp_path / "missing" / "video.mp4")
    videos = tuple(Video(out, RenderSpec(), encoded.loop) for out in outs)
    with pytest.raises(OutputFailed, match=r"missing/video\.mp4: No such file"):
        render(RenderJob(encoded.photo, song, videos))
    assert earlier.read_bytes() == b"an earlier video"
    assert [path.name for path in tmp_path.iterdir()] == ["earlier.mp4"]


@pytest.mark.fault(55)
@pytest.mark.parametrize("call", [1, 2])
def test_a_disk_that_fails_leaves_no_video(
    call: int, encoded: EncodedLoop, song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = itertools.count(1)

    def fail(descriptor: int) -> None:
        if next(calls) == call:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    outs = [tmp_path / "1.mp4", tmp_path / "2.mp4"]
    videos = tuple(Video(out, RenderSpec(), encoded.loop) for out in outs)
    with pytest.raises(OutputFailed, match=rf"/{call}\.mp4: Input/output error") as caught:
        render(RenderJob(encoded.photo, song, videos))
    assert caught.value.can_retry
    assert list(tmp_path.iterdir()) == []


@pytest.mark.fault(55)
@pytest.mark.parametrize("place", [0, 1])
def test_a_folder_in_a_videos_place_keeps_the_others_away(
    place: int, encoded: EncodedLoop, song: Path, tmp_path: Path
) -> None:
    outs = [tmp_path / "video.mp4", tmp_path / "other.mp4"]
    outs[place].mkdir()
    videos = tuple(Video(out, RenderSpec(), encoded.loop) for out in outs)
    with pytest.raises(OutputFailed, match="Is a directory"):
        render(RenderJob(encoded.photo, song, videos))
    assert list(tmp_path.iterdir()) == [outs[place]]


@pytest.mark.fault(55)
@pytest.mark.parametrize("folder", ["/proc", "/dev/null"])  # closed even to root
def test_a_folder_that_takes_no_file_is_named(
    folder: str, encoded: EncodedLoop, song: Path
) -> None:
    out = Path(folder) / "video.mp4"
    with pytest.raises(OutputFailed, match=f"^cannot write {out}: ") as caught:
        render(RenderJob(encoded.photo, song, (Video(out, RenderSpec(), encoded.loop),)))
    assert caught.value.can_retry


def test_videos_that_disagree_on_the_sound_are_refused(
    encoded: EncodedLoop, song: Path, tmp_path: Path
) -> None:
    for videos in (
        (),
        (Video(tmp_path / "a.mp4"), Video(tmp_path / "b.mp4", RenderSpec(audio_bit_rate=128_000))),
    ):
        with pytest.raises(BadSpec, match="same audio bit rate"):
            render(RenderJob(encoded.photo, song, videos))
    assert list(tmp_path.iterdir()) == []


def test_a_video_that_would_replace_another_file_of_its_job_is_refused(
    encoded: EncodedLoop, song: Path, tmp_path: Path
) -> None:
    twice = (Video(tmp_path / "a.mp4"), Video(tmp_path / "a.mp4", FORMATS["story"]))
    before = song.read_bytes()
    for videos in (twice, (Video(song),)):
        with pytest.raises(BadSpec, match="its own file"):
            render(RenderJob(encoded.photo, song, videos))
    assert song.read_bytes() == before
    assert list(tmp_path.iterdir()) == []
