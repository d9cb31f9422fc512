"""The finished file box by box, as QuickTime and phones read it, and FFmpeg's warnings about it."""

from itertools import pairwise
from pathlib import Path

import pytest

from tests.unit.renderer.boxes import list_nal_types, read_boxes, read_tracks, split_boxes
from tests.unit.renderer.conftest import EncodedLoop, Rendered, Videos
from tests.unit.renderer.media import read_video, watch_libav

IDR, P_SLICE, SEI, SPS, PPS = 5, 1, 6, 7, 8
FRAMES_PER_LOOP = {"square": 45, "story": 90}
PRIMING = 1024
VISUAL_ENTRY_BYTES, AUDIO_ENTRY_BYTES = 78, 28


@pytest.fixture(scope="module", params=["rendered", "square", "story", "loop"])
def video(
    request: pytest.FixtureRequest, rendered: Rendered, videos: Videos, encoded: EncodedLoop
) -> Path:
    own = {"rendered": rendered.out, "loop": encoded.loop}
    return own.get(request.param) or videos.paths[request.param]


def test_a_video_plays_while_it_loads(video: Path) -> None:
    names = [box.name for box in read_boxes(video)]
    assert names[0] == "ftyp"
    assert names.count("moov") == names.count("mdat") == 1
    assert names.index("moov") < names.index("mdat")


def test_a_video_says_what_it_is(video: Path) -> None:
    brands = read_boxes(video)[0].content
    assert {b"isom", b"avc1", b"mp41"} <= {brands[at : at + 4] for at in range(8, len(brands), 4)}


def test_a_video_has_a_picture_and_a_sound(video: Path, encoded: EncodedLoop) -> None:
    tracks = read_tracks(video)
    kinds = {kind: [entry.name for entry in track.samples] for kind, track in tracks.items()}
    silent = video == encoded.loop
    assert kinds == {"vide": ["avc1"]} | ({} if silent else {"soun": ["mp4a"]})


def test_a_track_has_one_edit(video: Path) -> None:
    """The sound's edit cuts the encoder's priming, so that sound and picture start together."""
    for kind, track in read_tracks(video).items():
        ((duration_ms, media_time, rate),) = track.edits
        assert media_time == (PRIMING if kind == "soun" else 0)
        assert rate == 1 << 16
        span = track.decode_times[-1] - media_time
        assert 0 <= duration_ms / 1000 - span / track.timescale <= 1 / 10


def test_timestamps_strictly_increase(video: Path) -> None:
    for track in read_tracks(video).values():
        assert track.decode_times[0] == 0
        steps = {after - before for before, after in pairwise(track.decode_times)}
        assert min(steps) > 0
        if track.kind == "vide":
            assert len(steps) == 1
            assert not track.box.all("mdia/minf/stbl/ctts")  # shown in the order they are decoded


def test_every_rotation_starts_with_a_picture_to_jump_to(video: Path) -> None:
    track = read_tracks(video)["vide"]
    samples = track.read_samples(video)
    per_loop = FRAMES_PER_LOOP["story" if "story" in video.name else "square"]
    assert track.sync_samples == list(range(0, len(samples), per_loop))
    for index, sample in enumerate(samples):
        types = set(list_nal_types(sample)) - {SEI, SPS, PPS}
        assert types == ({IDR} if index % per_loop == 0 else {P_SLICE})


def test_colours_are_tagged_in_the_container_too(video: Path) -> None:
    (entry,) = read_tracks(video)["vide"].samples
    (colr,) = (box for box in split_boxes(entry.content[VISUAL_ENTRY_BYTES:]) if box.name == "colr")
    assert colr.content[:4] == b"nclx"
    assert colr.numbers("HHHB", 4) == (1, 1, 1, 0)  # BT.709 three times, limited range


def test_sizes_and_rates_are_stated(rendered: Rendered) -> None:
    tracks = read_tracks(rendered.out)
    (picture,), (sound,) = tracks["vide"].samples, tracks["soun"].samples
    assert picture.numbers("HH", 24) == (720, 720)
    channels, _, _, rate = sound.numbers("HHIH", 16)
    assert (channels, rate) == (2, 44_100)
    assert split_boxes(sound.content[AUDIO_ENTRY_BYTES:])[0].name == "esds"


def test_ffmpeg_decodes_a_video_without_a_warning(video: Path) -> None:
    with watch_libav() as said:
        read_video(video)
    assert said == []


def test_ffmpeg_makes_videos_without_a_warning(videos: Videos) -> None:
    assert videos.said == []


def test_ffmpeg_warns_about_a_damaged_video(rendered: Rendered, tmp_path: Path) -> None:
    damaged, content = tmp_path / "damaged.mp4", bytearray(rendered.out.read_bytes())
    at = content.index(read_tracks(rendered.out)["vide"].read_samples(rendered.out)[0])
    content[at + 1000 : at + 3000] = bytes(2000)
    damaged.write_bytes(content)
    with watch_libav() as said:
        read_video(damaged)
    assert any("h264" in line for line in said)
