"""A video that ends before its song: the same packets, cut where sound and picture end together."""

from pathlib import Path

import av
import numpy as np
import pytest

from renderer import FORMATS, BadSpec, RenderJob, RenderSpec, Video
from renderer.probe import choose
from renderer.render import render
from renderer.wire import pack_job, unpack_job
from tests.unit.renderer.conftest import EncodedLoop
from tests.unit.renderer.media import read_video, watch_libav, write_song

LONGEST_S = 2.6


def packets_of(path: Path, kind: str) -> list[bytes]:
    """Return one stream's data, packet by packet."""
    with av.open(str(path)) as container:
        (stream,) = (one for one in container.streams if one.type == kind)
        return [bytes(packet) for packet in container.demux(stream) if packet.size]


@pytest.mark.parametrize("sample_rate", [44_100, 48_000])
@pytest.mark.parametrize("spec", [RenderSpec(), RenderSpec(fps=30, rpm=24)])
def test_sound_and_picture_end_together_and_all_of_it_plays(
    spec: RenderSpec, sample_rate: int, red_photo: Path, tmp_path: Path
) -> None:
    song = write_song(tmp_path / "song.mp3", 4.32, sample_rate)
    whole, teaser = tmp_path / "whole.mp4", tmp_path / "teaser.mp4"
    videos = (Video(whole, spec), Video(teaser, spec, longest_s=LONGEST_S))

    with watch_libav() as said:
        report = render(RenderJob(red_photo, song, videos, "libx264"))

    video, all_of_it = read_video(teaser), read_video(whole)
    packet_s = 1024 / sample_rate
    assert LONGEST_S - packet_s <= video.audio_duration_s <= LONGEST_S
    assert video.video_duration_s == pytest.approx(
        video.audio_duration_s, abs=0.5 / spec.fps + 1e-3
    )
    assert video.duration_s == pytest.approx(LONGEST_S, abs=packet_s + 1 / spec.fps)
    assert len(video.frames) == report.videos[1].frames == round(video.audio_duration_s * spec.fps)
    assert len(video.samples) / sample_rate == pytest.approx(video.audio_duration_s, abs=packet_s)
    assert all(map(np.array_equal, video.frames, all_of_it.frames))
    heard = len(video.samples) - 2048  # the decoder cannot know what would have come after
    assert np.allclose(video.samples[:heard], all_of_it.samples[:heard], atol=1e-4)
    assert all_of_it.duration_s == pytest.approx(4.32, abs=0.1)
    assert said == []


def test_nothing_is_encoded_for_it(red_photo: Path, song: Path, tmp_path: Path) -> None:
    whole, teaser = tmp_path / "whole.mp4", tmp_path / "teaser.mp4"
    videos = (Video(whole), Video(teaser, longest_s=LONGEST_S))
    alone = render(RenderJob(red_photo, song, videos[:1], "libx264"))

    report = render(RenderJob(red_photo, song, videos, "libx264"))

    for kind in ("video", "audio"):
        beginning = packets_of(teaser, kind)
        assert beginning == packets_of(whole, kind)[: len(beginning)], kind
    assert [video.is_loop_reused for video in report.videos] == [False, False]
    assert set(report.timings) == set(alone.timings)


def test_a_short_song_is_its_own_teaser(encoded: EncodedLoop, song: Path, tmp_path: Path) -> None:
    whole, teaser = tmp_path / "whole.mp4", tmp_path / "teaser.mp4"
    videos = (
        Video(whole, RenderSpec(), encoded.loop),
        Video(teaser, RenderSpec(), encoded.loop, longest_s=15),
    )

    render(RenderJob(encoded.photo, song, videos))

    assert teaser.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("longest_s", [0.0, -3.0, 0.4, float("nan")])
def test_a_video_of_no_length_is_refused(longest_s: float, tmp_path: Path) -> None:
    with pytest.raises(BadSpec, match="too short"):
        Video(tmp_path / "video.mp4", longest_s=longest_s)


def test_its_length_crosses_the_pipe(tmp_path: Path) -> None:
    videos = (Video(tmp_path / "a.mp4", FORMATS["story"], None, 15.0), Video(tmp_path / "b.mp4"))
    job = RenderJob(tmp_path / "photo.jpg", tmp_path / "song.mp3", videos)

    assert unpack_job(pack_job("render", job)) == job


def test_its_loop_is_encoded_once_for_both(red_photo: Path, song: Path, tmp_path: Path) -> None:
    whole, teaser = Video(tmp_path / "whole.mp4"), Video(tmp_path / "teaser.mp4", longest_s=1.0)
    choose("libx264")  # which is tried out once
    level = av.logging.get_level()
    av.logging.set_level(av.logging.INFO)
    try:
        with av.logging.Capture(local=False) as lines:
            render(RenderJob(red_photo, song, (whole, teaser), "libx264"))
    finally:
        av.logging.set_level(level)

    # An encoder prints a summary when it ends.
    assert sum(words.startswith("frame I:") for _, name, words in lines if name == "libx264") == 1
