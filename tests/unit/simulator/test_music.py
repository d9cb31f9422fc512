from __future__ import annotations

from itertools import combinations
from pathlib import Path

import av
import numpy as np
import pytest

from server.simulator.music.arrangement import arrange
from server.simulator.music.composer import compose
from server.simulator.music.drums import build_kit
from server.simulator.music.effects import CEILING
from server.simulator.music.instruments import INSTRUMENTS, voice
from server.simulator.music.mp3 import write_mp3
from server.simulator.music.sound import RATE_HZ, Samples
from server.simulator.music.vibes import MAJOR_SCALE, VIBES


@pytest.fixture(scope="module")
def songs() -> dict[str, Samples]:
    return {vibe: compose(vibe, 11, "Matt", "Toby", song_s=6.0) for vibe in VIBES}


@pytest.mark.parametrize("vibe", VIBES)
def test_song_is_heard_without_clipping_or_offset(songs: dict[str, Samples], vibe: str) -> None:
    song = songs[vibe]
    assert song.shape == (2, 6 * RATE_HZ)
    assert np.isfinite(song).all()
    assert np.abs(song).max() <= CEILING + 1e-3
    assert 0.05 < np.sqrt(np.mean(song**2)) < 0.3
    assert np.abs(song.mean(axis=1)).max() < 1e-3
    assert np.abs(song[:, [0, -1]]).max() < 0.01


@pytest.mark.parametrize("vibe", VIBES)
def test_song_is_wide_but_holds_together_in_mono(songs: dict[str, Samples], vibe: str) -> None:
    left, right = songs[vibe]
    assert 0.1 < np.corrcoef(left, right)[0, 1] < 0.95


def test_vibes_sound_different(songs: dict[str, Samples]) -> None:
    spectra = {vibe: np.abs(np.fft.rfft(song.mean(axis=0))) for vibe, song in songs.items()}
    for one, other in combinations(spectra, 2):
        assert np.corrcoef(spectra[one], spectra[other])[0, 1] < 0.9


@pytest.mark.parametrize("length_s", [0.02, 0.4, 3.0])
def test_no_sound_begins_or_ends_with_a_click(length_s: float) -> None:
    sounds = [play(60, length_s) for play in INSTRUMENTS.values()]
    sounds += [voice(60, length_s, vowel) for vowel in "aeiou"]
    for sound in [*sounds, *build_kit().values()]:
        assert np.abs(sound[:, [0, -1]]).max() < 0.01 * np.abs(sound).max()


@pytest.mark.parametrize("vibe", VIBES)
def test_tune_can_be_sung(vibe: str) -> None:
    for seed in range(20):
        tune = [note.pitch for note in arrange(VIBES[vibe], seed).parts["voice"]]
        assert min(tune) >= 53
        assert max(tune) <= 79
        assert max(abs(step) for step in np.diff(tune)) <= 12
        assert np.abs(np.diff(tune)).mean() < 4


@pytest.mark.parametrize("vibe", VIBES)
def test_whole_song_is_60_to_90_seconds_long(vibe: str) -> None:
    for seed in range(20):
        assert 60 <= arrange(VIBES[vibe], seed).length_s <= 90


@pytest.mark.parametrize("vibe", VIBES)
def test_every_note_belongs_to_one_key(vibe: str) -> None:
    parts = arrange(VIBES[vibe], 5).parts
    pitched = {"voice", "harmony", "lead", "keys", "figure", "pad", "bass"} & parts.keys()
    assert {"voice", "keys", "bass"} <= pitched
    classes = {note.pitch % 12 for part in pitched for note in parts[part]}
    keys = [{(tonic + step) % 12 for step in MAJOR_SCALE} for tonic in range(12)]
    assert any(classes <= key for key in keys)


def test_same_seed_and_names_make_the_same_song(songs: dict[str, Samples]) -> None:
    again = compose("Chill", 11, "Matt", "Toby", song_s=6.0)
    np.testing.assert_array_equal(songs["Chill"], again)
    for different in (
        compose("Chill", 12, "Matt", "Toby", song_s=6.0),
        compose("Chill", 11, "Matt", "Mimi", song_s=6.0),
    ):
        assert not np.array_equal(songs["Chill"], different)


@pytest.mark.parametrize("song_s", [0.2, 3.0])
def test_short_songs_are_whole_songs_too(song_s: float) -> None:
    song = compose("Party", 1, "小花", "عمر", song_s=song_s)
    assert song.shape == (2, round(song_s * RATE_HZ))
    assert np.abs(song).max() > 0.1


def test_mp3_decodes_to_what_was_composed(songs: dict[str, Samples], tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    write_mp3(path, songs["Energetic"])
    assert list(tmp_path.iterdir()) == [path]
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.rate) == ("mp3float", RATE_HZ)
        assert stream.codec_context.layout.name == "stereo"
        frames = [
            np.asarray(frame.to_ndarray(), dtype=np.float32) for frame in container.decode(stream)
        ]
        assert stream.bit_rate == pytest.approx(192_000, rel=0.02)
    decoded = np.concatenate(frames, axis=1)
    assert decoded.shape[1] / RATE_HZ == pytest.approx(6.0, abs=0.06)
    assert 0.3 < np.abs(decoded).max() < 1.0
    assert np.sqrt(np.mean(decoded**2)) > 0.05


def test_mp3_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="array"):
        write_mp3(tmp_path / "song.mp3", np.zeros(100, dtype=np.float32))
    assert list(tmp_path.iterdir()) == []
