"""Checks a song by decoding it completely, and encodes it for the video.

Only the MP3 demuxer is used, so a playlist or web page disguised as a song cannot open anything
else.
"""

# mypy: allow-untyped-calls
# (mutagen is only partly typed.)

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError, InvalidDataError
from mutagen import MutagenError
from mutagen.mp3 import MP3, BitrateMode, MPEGInfo

from renderer.aac import FRAME_SAMPLES, Packets, encode_aac, plan_segments
from renderer.errors import BadSong, explain_unreadable
from renderer.jobs import SongReport

LONGEST_S = 20 * 60
SHORTEST_S = 0.5
_PADDING_S = 0.3  # an encoder's frames of silence count in the header but are not decoded
_SHARE_LOST = 0.02  # a few corrupt frames are a click; more is a broken song


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """AAC packets from -1024 samples (the encoder's priming) to `duration_s`."""

    packets: Packets
    sample_rate: int
    bit_rate: int
    duration_s: float

    def shorten(self, longest_s: float) -> "AudioTrack":
        """The beginning of the track, cut at the last packet's end before `longest_s`.

        Packets are shared; a track that is not longer is returned unchanged.
        """
        if self.duration_s <= longest_s:
            return self
        samples = int(longest_s * self.sample_rate) // FRAME_SAMPLES * FRAME_SAMPLES
        packets = [packet for packet in self.packets if (packet.pts or 0) < samples]
        return replace(self, packets=packets, duration_s=samples / self.sample_rate)


def check_song(path: Path) -> SongReport:
    """Decode the whole MP3 at `path`; raises `BadSong` if that fails."""
    with _open_song(path) as song:
        for _ in song.decode():
            pass
        song.check_end()
        return SongReport(song.duration_s, song.sample_rate, song.channels)


def encode_song(
    path: Path, bit_rate: int, on_progress: Callable[[float], None] | None = None
) -> AudioTrack:
    """Encode the MP3 at `path` to stereo AAC; raises `BadSong` like `check_song`.

    `on_progress` is called with the share read so far, 0 to 1; the encoder is close behind.
    """
    with _open_song(path) as song:
        sample_rate = 48_000 if song.sample_rate == 48_000 else 44_100
        segment_frames = plan_segments(song.expected_s * sample_rate)
        sound = _read_whole(song, on_progress)
        packets = encode_aac(sound, sample_rate, bit_rate, segment_frames)
        return AudioTrack(packets, sample_rate, bit_rate, song.duration_s)


def _read_whole(
    song: "_Song", on_progress: Callable[[float], None] | None
) -> Iterator[av.AudioFrame]:
    for frame in song.decode():
        yield frame
        if on_progress:
            on_progress(min(1.0, song.duration_s / song.expected_s))
    song.check_end()


class _Song:
    """An open MP3; `duration_s` grows while it is decoded."""

    def __init__(self, path: Path, tags: MPEGInfo, container: av.container.InputContainer) -> None:
        self._path = path
        self._container = container
        self._stream = container.streams.audio[0]
        # Only an encoder's header states the length; otherwise it is estimated from the size.
        self._is_length_stated = tags.bitrate_mode is not BitrateMode.UNKNOWN
        self.expected_s = max(float(tags.length), SHORTEST_S)
        self.sample_rate = self._stream.rate
        self.channels = self._stream.channels
        self._samples = 0
        self._packets = 0
        self._corrupt = 0

    @property
    def duration_s(self) -> float:
        return self._samples / self.sample_rate

    def decode(self) -> Iterator[av.AudioFrame]:
        """Yield frames with timestamps that count samples from 0; corrupt packets are skipped."""
        for packet in self._container.demux(self._stream):
            self._packets += 1
            try:
                frames = packet.decode()
            except InvalidDataError:
                self._corrupt += 1
                continue
            for frame in frames:
                if frame.sample_rate != self.sample_rate:
                    raise BadSong(f"{self._path} changes its sample rate")
                frame.pts, frame.time_base = self._samples, Fraction(1, self.sample_rate)
                self._samples += frame.samples
                if self.duration_s > LONGEST_S:
                    raise BadSong(f"{self._path} is longer than {LONGEST_S // 60} minutes")
                yield frame

    def check_end(self) -> None:
        """Raise `BadSong` unless the whole song was decoded."""
        if self.duration_s < SHORTEST_S:
            raise BadSong(f"{self._path} has only {self.duration_s:.2f} s of sound")
        if self._corrupt > max(1, self._packets * _SHARE_LOST):
            raise BadSong(f"{self._path}: {self._corrupt} of {self._packets} packets are corrupt")
        if (
            self._is_length_stated
            and self.duration_s < self.expected_s * (1 - _SHARE_LOST) - _PADDING_S
        ):
            raise BadSong(
                f"{self._path} ends after {self.duration_s:.1f} s of {self.expected_s:.1f} s"
            )


@contextmanager
def _open_song(path: Path) -> Iterator[_Song]:
    """Open an MP3; library errors in the block become `BadSong`.

    A file that exists but cannot be opened is `InputUnreadable` instead.
    """
    try:
        path.open("rb").close()
    except OSError as error:
        raise explain_unreadable(path, error, BadSong) from error
    try:
        tags: MPEGInfo | None = MP3(path).info
        if tags is None or tags.sketchy:
            raise BadSong(f"{path} is not an MP3")
        with av.open(str(path), format="mp3") as container:
            yield _Song(path, tags, container)
    except (MutagenError, FFmpegError, IndexError) as error:
        raise BadSong(f"cannot read {path} as an MP3: {error}") from error
