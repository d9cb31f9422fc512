import pytest

from renderer import FORMATS, BadSpec, RenderSpec


def test_the_defaults_are_the_campaigns() -> None:
    spec = RenderSpec()
    assert (spec.width_px, spec.fps, spec.rpm, spec.crf) == (720, 15, 20, 28)
    assert spec.frames_per_loop == 45


def test_every_format_is_rendered_at_the_same_speed_of_the_record() -> None:
    shapes = {name: (spec.width_px, spec.height_px, spec.fps) for name, spec in FORMATS.items()}
    assert shapes == {
        "square": (720, 720, 15),
        "hd": (1080, 1080, 30),
        "story": (1080, 1920, 30),
        "wide": (1920, 1080, 30),
    }
    assert {spec.frames_per_loop / spec.fps for spec in FORMATS.values()} == {3.0}


@pytest.mark.parametrize(("fps", "rpm", "frames"), [(15, 20, 45), (30, 20, 90), (25, 50, 30)])
def test_a_loop_is_one_rotation(fps: int, rpm: int, frames: int) -> None:
    assert RenderSpec(fps=fps, rpm=rpm).frames_per_loop == frames


def test_a_rotation_of_part_frames_is_refused_with_the_numbers() -> None:
    with pytest.raises(BadSpec, match=r"33 rpm at 15 fps is 27.2727 frames"):
        RenderSpec(fps=15, rpm=33)


@pytest.mark.parametrize(
    "numbers",
    [
        {"width_px": 721, "height_px": 721},
        {"rpm": 0},
        {"pet_size_px": 800},
        {"width_px": 1280, "height_px": 960},
        {"width_px": 0},
    ],
)
def test_sizes_that_cannot_be_rendered_are_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(BadSpec):
        RenderSpec(**numbers)


def test_a_song_is_rendered_to_the_nearest_frame() -> None:
    spec = RenderSpec()
    assert [spec.count_frames(seconds) for seconds in (0.001, 1.0, 61.32)] == [1, 15, 920]
