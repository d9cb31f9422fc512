"""Production refuses to start with the examples' secrets; each fault is one clear line."""

from collections.abc import Mapping

import pytest

from server.commands.production import check_production
from server.errors import SettingsError
from server.settings import Settings

SOUND: Mapping[str, object] = {
    "environment": "production",
    "database_url": "postgresql://petsong:a-Long-And-Own-one@db/petsong",
    "redis_url": "redis://:another-Of-Our-own@redis/0",
    "sonauto_api_key": "sksonauto_secret",
    "webhook_base_url": "https://pets.example",
    "admin_password": "correct horse battery",
}


def test_valid_settings_are_accepted() -> None:
    check_production(Settings.model_validate(SOUND))


@pytest.mark.parametrize(
    ("changes", "variable"),
    [
        ({"sonauto_api_key": "your-api-key"}, "SONAUTO_API_KEY"),
        ({"admin_password": None}, "ADMIN_PASSWORD"),
        ({"admin_password": "admin"}, "ADMIN_PASSWORD"),
        ({"admin_password": "eleven char"}, "ADMIN_PASSWORD"),
        ({"webhook_base_url": "http://127.0.0.1:8000"}, "WEBHOOK_BASE_URL"),
        ({"webhook_base_url": "https://localhost"}, "WEBHOOK_BASE_URL"),
        ({"external_api_url": "http://127.0.0.1:9000/v1"}, "EXTERNAL_API_URL"),
        ({"song_cdn_hosts": "http://127.0.0.1:9000"}, "SONG_CDN_HOSTS"),
        ({"log_level": "debug"}, "LOG_LEVEL"),
        ({"database_url": "postgresql://pah:pah_password@db/pah"}, "DATABASE_URL"),
        ({"database_url": "postgresql://pah@db/pah"}, "DATABASE_URL"),
        ({"redis_url": "redis://:redis@redis/0"}, "REDIS_URL"),
        (
            {"storage_access_key_id": "AKIAEXAMPLE", "storage_secret_access_key": "minioadmin"},
            "STORAGE_SECRET_ACCESS_KEY",
        ),
    ],
)
def test_a_fault_is_one_line(changes: Mapping[str, object], variable: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        check_production(Settings.model_validate({**SOUND, **changes}))

    [line] = str(refusal.value).splitlines()
    assert line.startswith(f"{variable}: ")
    for value in filter(None, changes.values()):
        assert str(value) not in line
    check_production(Settings.model_validate({**SOUND, **changes, "environment": "development"}))


def test_production_refuses_a_demo() -> None:
    with pytest.raises(SettingsError) as refusal:
        check_production(Settings.model_validate({"environment": "production", "redis_url": None}))

    named = [line.partition(":")[0] for line in str(refusal.value).splitlines()]
    assert named == ["SONAUTO_API_KEY", "ADMIN_PASSWORD", "WEBHOOK_BASE_URL"]


def test_no_secret_is_shown_by_the_settings() -> None:
    settings = Settings.model_validate(
        {**SOUND, "storage_access_key_id": "access-key", "storage_secret_access_key": "secret-key"}
    )

    secrets = settings.list_secrets()
    shown = f"{settings!r} {settings}"

    assert len(set(secrets)) == 6
    assert not [secret for secret in secrets if secret in shown]
