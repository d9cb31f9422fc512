import os

import av
import av.logging
import numpy as np
import pytest

from renderer import EncoderUnavailable, RenderSpec
from renderer.encoders import ENCODERS, SOFTWARE, encode_loop_frames
from renderer.jobs import AUTO
from renderer.loop_frames import compose_loop
from renderer.probe import choose, probe
from tests.unit.renderer.conftest import EncodedLoop


def test_automatic_choice_opens_and_says_why_not_hardware() -> None:
    choice = choose(AUTO)
    assert probe(choice.encoder) is None
    if choice.encoder == SOFTWARE:
        assert choice.fallback is not None
        assert choice.fallback.startswith("h264_nvenc: ")


def test_a_named_encoder_is_used_or_refused() -> None:
    assert choose(SOFTWARE).encoder == SOFTWARE
    for name in ENCODERS:
        if reason := probe(name):
            with pytest.raises(EncoderUnavailable, match="does not open here"):
                choose(name)
            assert "\n" not in reason


def test_an_encoder_that_does_not_open_has_the_last_word(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    level = av.logging.get_level()
    monkeypatch.setitem(ENCODERS, "mjpeg", lambda _: {"max_pixels": "100"})
    assert "exceeds specified max pixel count 100" in (probe("mjpeg") or "")
    assert capfd.readouterr().err == ""
    assert av.logging.get_level() == level


def test_a_loop_is_one_closed_group_of_pictures(encoded: EncodedLoop) -> None:
    with av.open(str(encoded.loop), format="mp4") as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        types = {frame.pict_type for packet in packets for frame in packet.decode()}
    assert [packet.is_keyframe for packet in packets] == [True] + [False] * 44
    assert [packet.dts for packet in packets] == [packet.pts for packet in packets]
    assert av.video.frame.PictureType.B not in types


def test_a_loop_is_the_same_bytes_on_any_number_of_cores() -> None:
    spec = RenderSpec()
    photo = np.random.default_rng(7).integers(0, 256, (spec.pet_size_px,) * 2 + (3,), np.uint8)
    cores = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(cores)})
        alone = encode_loop_frames(compose_loop(photo, spec), SOFTWARE, spec)
    finally:
        os.sched_setaffinity(0, cores)
    assert encode_loop_frames(compose_loop(photo, spec), SOFTWARE, spec) == alone
