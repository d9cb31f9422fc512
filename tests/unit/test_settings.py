"""An impossible configuration is refused in one clear line that quotes no secret."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from renderer import RenderSpec
from server.errors import SettingsError
from server.settings import Settings, load_settings

KEY = "sksonauto_secret"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def load(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def test_the_default_is_the_embedded_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, {})

    assert settings.is_embedded
    assert settings.is_simulated
    assert settings.max_concurrent_requests == 10
    assert settings.song_cdn_hosts == ("https://cdn.sonauto.ai", "https://cdn.treblo.com")


def test_a_key_switches_to_the_real_service_and_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(
        monkeypatch, {"SONAUTO_API_KEY": KEY, "WEBHOOK_BASE_URL": "https://pets.example"}
    )

    assert not settings.is_simulated
    assert KEY not in repr(settings)


def test_origins_are_a_list_without_trailing_slashes(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, {"SONG_CDN_HOSTS": "https://a.example/, http://127.0.0.1:9"})

    assert settings.song_cdn_hosts == ("https://a.example", "http://127.0.0.1:9")


def test_a_song_is_made_into_a_square_and_a_story(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, {"VIDEO_RESOLUTION": "480", "VIDEO_FPS": "20", "VIDEO_CRF": "30"})

    assert settings.formats == {
        "square": RenderSpec(width_px=480, height_px=480, fps=20, crf=30),
        "story": RenderSpec(width_px=1080, height_px=1920, fps=30, crf=30),
    }
    assert settings.main_format == "square"


def test_the_first_format_is_the_main_one(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, {"RENDER_FORMATS": "hd, square"})

    assert list(settings.formats) == ["hd", "square"]
    assert settings.main_format == "hd"


def test_a_format_that_is_not_made_may_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, {"RENDER_FORMATS": "story", "VIDEO_FPS": "7"})

    assert settings.formats["story"].fps == 30


@pytest.mark.parametrize("formats", ["", " , ", "square,cinema", "hd,hd", "SQUARE"])
def test_formats_are_chosen_from_a_list(monkeypatch: pytest.MonkeyPatch, formats: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(monkeypatch, {"RENDER_FORMATS": formats})

    assert str(refusal.value) == (
        "RENDER_FORMATS: choose one or more of square, hd, story, wide, each once"
    )


@pytest.mark.parametrize(
    ("variables", "named", "reason"),
    [
        ({"VIDEO_FPS": "7", "VINYL_RPM": "9"}, "VIDEO_FPS, VINYL_RPM", "whole number"),
        ({"VINYL_RPM": "7"}, "VIDEO_FPS, VINYL_RPM", "whole number"),
        ({"VIDEO_FPS": "14", "VINYL_RPM": "28"}, "VINYL_RPM", "cannot render story videos"),
        ({"VIDEO_RESOLUTION": "721"}, "VIDEO_RESOLUTION", "must be even"),
        ({"PET_IMAGE_SIZE": "800"}, "PET_IMAGE_SIZE, VINYL_SIZE", "fit on the vinyl"),
        ({"RENDER_FORMATS": "hd", "VINYL_SIZE": "2000"}, "VINYL_SIZE", "cannot render hd videos"),
    ],
)
def test_impossible_video_numbers_are_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str], named: str, reason: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(monkeypatch, variables)

    [line] = str(refusal.value).splitlines()
    assert named in line
    assert reason in line


def test_the_specs_database_address_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(
        monkeypatch,
        {
            "DATABASE_URL": "postgresql://pah:secret@db:5432/pah",
            "REDIS_URL": "redis://redis:6379/0",
            "SONAUTO_API_KEY": KEY,
            "WEBHOOK_BASE_URL": "https://pets.example",
        },
    )

    assert settings.database_url == "asyncpg://pah:secret@db:5432/pah"
    assert not settings.is_embedded


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"PORT": "many"}, "PORT"),
        ({"PORT": "70000"}, "PORT"),
        ({"MAX_RETRIES": "-1"}, "MAX_RETRIES"),
        ({"RENDER_MEMORY_LIMIT_MB": "-1"}, "RENDER_MEMORY_LIMIT_MB"),
        ({"PHOTO_MEMORY_LIMIT_MB": "63"}, "PHOTO_MEMORY_LIMIT_MB"),
        ({"PHOTO_TIMEOUT_SECONDS": "0"}, "PHOTO_TIMEOUT_SECONDS"),
        ({"REDIS_URL": "redis://localhost"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://u:topsecret@h/d"}, "REDIS_URL"),
        ({"STORAGE_URL": "s3:///no-bucket"}, "STORAGE_URL"),
        ({"STORAGE_URL": "file://host/folder"}, "STORAGE_URL"),
        ({"STORAGE_URL": "/srv/petsong"}, "STORAGE_URL"),
        ({"FILES_SENT_BY": "caddy", "STORAGE_URL": "file:///srv"}, "FILES_SENT_BY"),
        ({"FILES_SENT_BY": "nginx"}, "STORAGE_URL"),
        ({"FILES_SENT_BY": "nginx", "STORAGE_URL": "s3://bucket"}, "STORAGE_URL"),
        ({"STORAGE_ENDPOINT_URL": "minio:9000"}, "STORAGE_ENDPOINT_URL"),
        ({"STORAGE_SECRET_ACCESS_KEY": KEY}, "STORAGE_ACCESS_KEY_ID"),
        ({"SONAUTO_API_KEY": KEY}, "WEBHOOK_BASE_URL"),
        ({"SONAUTO_API_KEY": KEY, "WEBHOOK_BASE_URL": "http://pets.example"}, "WEBHOOK_BASE_URL"),
        (
            {"DATABASE_URL": "postgresql://u:topsecret@h/d", "REDIS_URL": "redis://r"},
            "SONAUTO_API_KEY",
        ),
    ],
)
def test_an_impossible_setting_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str], named: str
) -> None:
    with pytest.raises(SettingsError, match=named) as refusal:
        load(monkeypatch, variables)

    assert KEY not in str(refusal.value)
    assert "topsecret" not in str(refusal.value)


def test_every_setting_is_documented() -> None:
    explained = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()

    missing = [
        name.upper() for name in Settings.model_fields if f"`{name.upper()}`" not in explained
    ]

    assert not missing
