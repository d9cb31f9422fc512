# mypy: allow-untyped-calls
# (mutagen is only partly typed.)

import wave
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from mutagen.id3 import APIC, ID3

from renderer import BadSong, RenderSpec
from renderer.audio import check_song, encode_song
from renderer.render import render
from tests.unit.renderer.conftest import EncodedLoop
from tests.unit.renderer.media import one_video, read_video, write_song


def write_wave(path: Path) -> None:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(44_100)
        noise = np.random.default_rng(1).integers(-9000, 9000, 88_200).astype(np.int16)
        sound.writeframes(noise.tobytes())


def write_tags_only(path: Path) -> None:
    tags = ID3()
    tags.add(APIC(mime="image/jpeg", data=b"\xff\xd8\xff\xe0" + b"x" * 5000))
    tags.save(path)


def test_a_song_is_measured_by_decoding(song: Path) -> None:
    report = check_song(song)
    assert report.duration_s == pytest.approx(4.32, abs=0.03)
    assert (report.sample_rate, report.channels) == (44_100, 2)


@pytest.mark.fault(47)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 10_000,
        b"<!doctype html><html><body>404</body></html>" * 50,
        b'{"error": "expired"}' * 50,
        b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:1/a.mp3\n",
        b"ffconcat version 1.0\nfile 'other.mp3'\n",
        bytes(np.random.default_rng(2).integers(0, 256, 60_000, np.uint8)),
    ],
    ids=["empty", "zeros", "html", "json", "m3u8", "ffconcat", "noise"],
)
def test_a_file_that_is_not_a_song_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(content)
    with pytest.raises(BadSong, match=r"song\.mp3"):
        check_song(path)
    with pytest.raises(BadSong, match=r"song\.mp3"):
        encode_song(path, 192_000)


@pytest.mark.fault(47)
@pytest.mark.parametrize("write", [write_wave, write_tags_only])
def test_other_files_disguised_as_songs_are_refused(
    write: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "song.mp3"
    write(path)
    with pytest.raises(BadSong, match=r"song\.mp3"):
        check_song(path)
    with pytest.raises(BadSong, match=r"song\.mp3"):
        encode_song(path, 192_000)


@pytest.mark.fault(48)
def test_a_truncated_song_is_refused(song: Path, tmp_path: Path) -> None:
    content = song.read_bytes()
    cut = tmp_path / "cut.mp3"
    cut.write_bytes(content[: len(content) // 2])
    with pytest.raises(BadSong, match=r"cut\.mp3 ends after 2\.\d s of 4\.\d s"):
        check_song(cut)
    with pytest.raises(BadSong, match=r"cut\.mp3 ends after 2\.\d s of 4\.\d s"):
        encode_song(cut, 192_000)


def test_a_missing_song_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSong, match=r"none\.mp3"):
        check_song(tmp_path / "none.mp3")


@pytest.mark.fault(59)
@pytest.mark.parametrize(
    ("duration_s", "sample_rate", "channels", "video_rate"),
    [(1.0, 44_100, 2, 44_100), (2.0, 8_000, 1, 44_100), (2.0, 48_000, 2, 48_000)],
)
def test_odd_songs_are_rendered(
    duration_s: float,
    sample_rate: int,
    channels: int,
    video_rate: int,
    encoded: EncodedLoop,
    tmp_path: Path,
) -> None:
    song = write_song(tmp_path / "song.mp3", duration_s, sample_rate, channels)
    report = render(one_video(encoded.photo, song, tmp_path / "out.mp4", encoded.loop))
    video = read_video(tmp_path / "out.mp4")
    assert video.sample_rate == video_rate
    assert video.duration_s == pytest.approx(report.duration_s, abs=1 / 15)
    assert video.duration_s == pytest.approx(duration_s, abs=0.1)


def write_variable_song(path: Path) -> Path:
    song = write_song(path, 3.0, write_xing="0", abr="1")
    with av.open(str(song), format="mp3") as container:
        sizes = {packet.size for packet in container.demux(audio=0)}
    assert len(sizes) > 4, "the bit rate does not vary"
    return song


def write_covered_song(path: Path) -> Path:
    song = write_song(path, 3.0)
    tags = ID3()
    tags.add(APIC(mime="image/png", data=b"\x89PNG\r\n\x1a\n" + b"\xff\xfb\x90\x64" * 500))
    tags.save(song)
    with av.open(str(song), format="mp3") as container:
        assert container.streams.video, "the cover is no stream of its own"
    return song


def write_damaged_song(path: Path) -> Path:
    content = bytearray(write_song(path, 3.0).read_bytes())
    middle = len(content) // 2
    content[middle : middle + 300] = b"\x55" * 300
    path.write_bytes(content)
    return path


@pytest.mark.fault(59)
@pytest.mark.parametrize(
    ("write", "duration_s"),
    [
        (lambda path: write_song(path, 285, 8_000, 1), 285),
        (lambda path: write_song(path, 600, 8_000, 1), 600),
        (write_variable_song, 3),
        (write_covered_song, 3),
        (write_damaged_song, 3),
    ],
    ids=["4:45", "10 min", "variable bit rate without a header", "cover", "corrupt frame"],
)
def test_odd_songs_last_as_long_as_they_sound(
    write: Callable[[Path], Path], duration_s: float, encoded: EncodedLoop, tmp_path: Path
) -> None:
    song, out = write(tmp_path / "song.mp3"), tmp_path / "out.mp4"
    # AAC at such bit rates takes a fifth of the time; the duration is the same.
    spec = RenderSpec(audio_bit_rate=32_000)
    report = render(one_video(encoded.photo, song, out, encoded.loop, spec))
    with av.open(str(out), format="mp4") as video:
        assert video.duration is not None
        assert video.duration / av.time_base == pytest.approx(duration_s, abs=0.1)
    assert report.duration_s == pytest.approx(duration_s, abs=0.1)
    assert check_song(song).duration_s == report.duration_s


@pytest.mark.fault(59)
def test_an_endless_song_is_refused(tmp_path: Path, song: Path) -> None:
    second = write_song(tmp_path / "second.mp3", 60.0, 8_000, 1, write_xing="0").read_bytes()
    path = tmp_path / "endless.mp3"
    path.write_bytes(second * 21)
    with pytest.raises(BadSong, match="longer than 20 minutes"):
        check_song(path)
