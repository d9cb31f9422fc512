"""Containers' images and configuration match the settings, the command and each other."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from server.cli import app
from server.commands.production import check_production
from server.settings import Settings
from tests.sources import ROOT

COMPOSE = (ROOT / "docker-compose.yml").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()

STACK: Mapping[str, Any] = yaml.safe_load(COMPOSE)
SERVICES: Mapping[str, Mapping[str, Any]] = STACK["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
CORE = {"web", "worker", "scheduler", "migrate", "db", "redis"}
PROFILES = {
    "render-cpu": ["cpu"],
    "render-gpu": ["gpu"],
    "prometheus": ["monitoring"],
    "alertmanager": ["monitoring"],
    "grafana": ["monitoring"],
}
PORTS = {
    "web": ["${HOST:-127.0.0.1}:${PORT:-8000}:8000"],
    "grafana": ["127.0.0.1:${GRAFANA_PORT:-3000}:3000"],
}

VARIABLES = {name.upper() for name in Settings.model_fields}
OF_COMPOSE = {
    *("BASE_IMAGE", "POSTGRES_PASSWORD", "FILES_FOLDER"),
    *("ALERT_WEBHOOK_URL", "GRAFANA_PORT"),
}
OF_OTHERS = {
    *("PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"),
    *("NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES"),
}
OF_IMAGES = {
    "db": {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"},
    "prometheus": {"ADMIN_PASSWORD"},
    "alertmanager": {"ALERT_WEBHOOK_URL"},
}
ENCODER_NEEDS = {"compute", "video", "utility"}

each_service = pytest.mark.parametrize("name", SERVICES)
each_of_ours = pytest.mark.parametrize("name", OURS)


def fill(text: str, given: Mapping[str, str] | None = None) -> str:
    """Substitute the variables as Compose does: the given value, or else the default after `:-`."""
    known = given or {}
    return re.sub(r"\$\{(\w+):[-?]([^}]*)\}", lambda part: known.get(part[1], part[2]), text)


def read_example() -> Mapping[str, str]:
    return dict(re.findall(r"^#?([A-Z0-9_]+)=(.*)$", EXAMPLE, re.M))


def test_the_profiles_add_to_what_always_runs() -> None:
    profiles = {name: service.get("profiles", []) for name, service in SERVICES.items()}

    assert {name for name, listed in profiles.items() if not listed} == CORE
    assert {name: listed for name, listed in profiles.items() if listed} == PROFILES


@each_service
def test_a_service_waits_for_services_of_every_profile_only(name: str) -> None:
    waited_for = SERVICES[name].get("depends_on", {})

    assert waited_for.keys() <= CORE
    if name in OURS and name != "migrate":
        assert {other: awaited["condition"] for other, awaited in waited_for.items()} == {
            "db": "service_healthy",
            "redis": "service_healthy",
            "migrate": "service_completed_successfully",
        }


@each_service
def test_a_service_is_confined(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["user"] not in ("root", "0", "0:0")
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert any(mount.startswith("/tmp") for mount in service["tmpfs"])
    for mount in service["volumes"]:
        source = fill(mount).partition(":")[0]
        is_ours = source.startswith("./") and mount.endswith(":ro") and (ROOT / source).is_dir()
        assert is_ours or source in STACK["volumes"]


@each_service
def test_a_service_is_monitored_and_restarted(name: str) -> None:
    service = SERVICES[name]

    if name == "migrate":
        assert (service["restart"], service["healthcheck"]) == ("no", {"disable": True})
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert "container_name" not in service, "a name of its own cannot be scaled"


@each_of_ours
def test_a_service_has_time_to_release_its_tasks(name: str) -> None:
    assert int(OURS[name]["stop_grace_period"].removesuffix("s")) > 10


@each_service
def test_only_the_web_and_the_dashboards_are_published_and_only_to_the_host(name: str) -> None:
    assert SERVICES[name].get("ports", []) == PORTS.get(name, [])
    assert STACK["networks"]["inside"]["internal"] is True
    if name in ("db", "redis", "prometheus"):
        assert SERVICES[name]["networks"] == ["inside"]


@each_service
def test_a_service_gets_only_variables_that_are_read(name: str) -> None:
    known = VARIABLES | OF_OTHERS if name in OURS else OF_IMAGES.get(name, set())
    given = SERVICES[name].get("environment", {}).keys()

    assert {variable for variable in given if not variable.startswith("GF_")} <= known


@each_service
def test_no_password_is_in_the_file_and_none_may_be_missing(name: str) -> None:
    service = SERVICES[name]
    for variable, value in service.get("environment", {}).items():
        if re.search("PASSWORD|KEY|SECRET|WEBHOOK", variable):
            is_asked_for = re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", value)
            # Compose would ask for variables of profiles that are not started; these ask at start.
            is_asked_later = "monitoring" in service.get("profiles", []) and (
                f"$${{{variable}:?" in service["entrypoint"][2]
            )
            assert is_asked_for or is_asked_later


def test_no_address_contains_a_password() -> None:
    assert re.findall(r"://[^/:@\s]*:(.*?)@", COMPOSE) == ["${POSTGRES_PASSWORD:?set it in .env}"]


@each_of_ours
def test_a_service_runs_a_command_that_petsong_has(name: str) -> None:
    program, verb, *options = OURS[name]["command"]
    command = get_command(app).commands[verb]  # type: ignore[attr-defined]

    assert program == "petsong"
    command.make_context(verb, options)


@each_of_ours
def test_the_settings_accept_every_service(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = {"POSTGRES_PASSWORD": "pw", "SONAUTO_API_KEY": "key"}
    given["ADMIN_PASSWORD"] = "a password of the tests"
    given["WEBHOOK_BASE_URL"] = "https://pets.example"
    monkeypatch.chdir(tmp_path)
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    for variable, value in OURS[name]["environment"].items():
        monkeypatch.setenv(variable, fill(value, given))

    settings = Settings()
    check_production(settings)

    assert settings.environment == "production"
    assert settings.redis_url == "redis://redis:6379/0"
    assert settings.database_url == "asyncpg://petsong:pw@db:5432/petsong"
    assert settings.storage_url == "file:///var/lib/petsong"
    assert OURS[name]["volumes"] == ["${FILES_FOLDER:-files}:/var/lib/petsong"]


def test_a_gpu_node_gets_the_encoder_and_may_do_without() -> None:
    node = SERVICES["render-gpu"]
    (device,) = node["deploy"]["resources"]["reservations"]["devices"]

    assert node["environment"]["RENDER_ENCODER"] == "auto"
    assert set(node["environment"]["NVIDIA_DRIVER_CAPABILITIES"].split(",")) == ENCODER_NEEDS
    assert set(device["capabilities"]) == {"gpu", *ENCODER_NEEDS}
    assert device["driver"] == "nvidia"


def test_redis_forgets_nothing() -> None:
    command = " ".join(SERVICES["redis"]["command"])

    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    assert SERVICES["redis"]["volumes"] == ["doorbells:/data"]


def test_the_example_names_every_variable() -> None:
    assert read_example().keys() == VARIABLES | OF_COMPOSE
    asked = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", COMPOSE))
    assert asked <= read_example().keys()


def test_the_example_uncommented_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    file = tmp_path / "example"
    file.write_text("\n".join(f"{name}={value}" for name, value in read_example().items()))

    assert Settings(_env_file=file) == Settings()  # type: ignore[call-arg]


@pytest.mark.parametrize("name", ["docs/production.md", "docs/campaign-day.md", "deploy/README.md"])
def test_the_documented_commands_exist(name: str) -> None:
    text = (ROOT / name).read_text()
    known = {profile for service in SERVICES.values() for profile in service.get("profiles", [])}
    verbs = get_command(app).commands  # type: ignore[attr-defined]

    assert set(re.findall(r"--profile ([a-z]+)", text)) <= known
    assert set(re.findall(r"--scale ([a-z-]+)=", text)) <= SERVICES.keys()
    executed = re.findall(r"compose exec (?:-T )?(\w+) (\w+) ([\w-]+)", text)
    assert executed
    for service, program, verb in executed:
        assert service in SERVICES
        assert program != "petsong" or verb in verbs
