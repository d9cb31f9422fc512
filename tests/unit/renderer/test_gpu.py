"""The GPU's encoder compared with libx264: the same frames through both."""

import io
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from renderer import FORMATS, LoopJob, RenderSpec
from renderer.colour import Bytes, split_planes
from renderer.encoders import SOFTWARE, encode_loop_frames
from renderer.loop_frames import compose_loop
from renderer.probe import probe
from renderer.render import make_loop
from tests.unit.renderer.boxes import list_nal_types, read_tracks
from tests.unit.renderer.media import read_video

HARDWARE = "h264_nvenc"
IDR, P_SLICE, PARAMETERS = 5, 1, {6, 7, 8, 9}  # SEI, SPS, PPS and delimiters are of no kind


def measure_ssim(shown: Bytes, original: Bytes) -> float:
    """Return the structural similarity of two frames' luma (Wang et al., 2004), at best 1."""
    a, b = (split_planes(frame)[0].astype(np.float64) for frame in (shown, original))
    mean_a, mean_b = (cv2.GaussianBlur(plane, (11, 11), 1.5) for plane in (a, b))
    spread_a = cv2.GaussianBlur(a * a, (11, 11), 1.5) - mean_a**2
    spread_b = cv2.GaussianBlur(b * b, (11, 11), 1.5) - mean_b**2
    both = cv2.GaussianBlur(a * b, (11, 11), 1.5) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    likeness = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    return float((likeness / ((mean_a**2 + mean_b**2 + c1) * (spread_a + spread_b + c2))).mean())


def compose(spec: RenderSpec) -> list[Bytes]:
    coarse = np.random.default_rng(20).integers(0, 256, (24, 24, 3)).astype(np.uint8)
    photo = cv2.resize(coarse, (spec.pet_size_px,) * 2, interpolation=cv2.INTER_CUBIC)
    return list(compose_loop(np.asarray(photo, np.uint8), spec))


def judge(frames: list[Bytes], encoder: str, spec: RenderSpec) -> tuple[float, int]:
    """Return an encoder's mean SSIM on given frames, and its file's size."""
    mp4 = encode_loop_frames(frames, encoder, spec)
    with av.open(io.BytesIO(mp4), "r", format="mp4") as container:
        shown = [np.asarray(frame.to_ndarray(), np.uint8) for frame in container.decode(video=0)]
    pairs = list(zip(shown, frames, strict=True))[:: max(1, len(frames) // 5)]
    return float(np.mean([measure_ssim(one, other) for one, other in pairs])), len(mp4)


@pytest.mark.gpu
@pytest.mark.parametrize("name", FORMATS)
def test_hardware_is_as_good_as_software(name: str) -> None:
    spec = FORMATS[name]
    frames = compose(spec)
    hardware, hardware_bytes = judge(frames, HARDWARE, spec)
    software, software_bytes = judge(frames, SOFTWARE, spec)
    assert hardware > software - 0.01
    assert hardware_bytes < 2 * software_bytes


@pytest.mark.gpu
def test_hardware_makes_one_closed_group_of_pictures(red_photo: Path, tmp_path: Path) -> None:
    loop = tmp_path / "loop.mp4"
    report = make_loop(LoopJob(red_photo, loop, encoder=HARDWARE))
    assert (report.encoder, report.fallback) == (HARDWARE, None)
    samples = read_tracks(loop)["vide"].read_samples(loop)
    kinds = [set(list_nal_types(sample)) - PARAMETERS for sample in samples]
    assert kinds == [{IDR}] + [{P_SLICE}] * 44
    video = read_video(loop)
    assert len(video.frames) == 45
    assert video.tags == (1, 1, 1, 1)


def test_the_judge_sees_what_an_encoder_loses() -> None:
    spec = RenderSpec(fps=1)
    frames = compose(spec)
    fine, fine_bytes = judge(frames, SOFTWARE, spec)
    coarse, coarse_bytes = judge(frames, SOFTWARE, RenderSpec(fps=1, crf=40))
    assert 0.9 < fine < 1
    assert coarse < fine - 0.01
    assert coarse_bytes < fine_bytes


def test_gpu_tests_are_chosen_only_where_there_is_an_encoder(
    request: pytest.FixtureRequest,
) -> None:
    is_there = probe(HARDWARE) is None
    chosen = [item for item in request.session.items if item.get_closest_marker("gpu")]
    assert is_there or not chosen
