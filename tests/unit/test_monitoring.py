"""The containers of the monitoring find what they scrape, whom they alert and what they show."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from server.settings import Settings
from tests.sources import ROOT

MONITORING = ROOT / "monitoring"
COMPOSE: Mapping[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]


def read(name: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = yaml.safe_load((MONITORING / name).read_text())
    return content


def find_mounts(service: str) -> Mapping[str, str]:
    """Where folders of the repository are mounted in a container."""
    mounts = [mount.split(":") for mount in SERVICES[service]["volumes"]]
    return {target: source for source, target, *_ in mounts if source.startswith("./")}


def test_prometheus_scrapes_every_web_process_with_the_operators_password() -> None:
    petsong, _itself = read("prometheus.yml")["scrape_configs"]
    (names,) = petsong["dns_sd_configs"]

    assert names["names"] == ["web"]
    assert str(names["port"]) == SERVICES["web"]["environment"]["PORT"]
    assert petsong.get("metrics_path", "/metrics") == "/metrics"
    assert petsong["basic_auth"]["username"] == Settings.model_fields["admin_username"].default
    assert petsong["basic_auth"]["password_file"] in SERVICES["prometheus"]["entrypoint"][2]


def test_prometheus_alerts_through_the_alertmanager_to_one_webhook() -> None:
    (alertmanagers,) = read("prometheus.yml")["alerting"]["alertmanagers"]
    (receiver,) = read("alertmanager.yml")["receivers"]
    (webhook,) = receiver["webhook_configs"]

    assert alertmanagers["static_configs"] == [{"targets": ["alertmanager:9093"]}]
    assert read("alertmanager.yml")["route"]["receiver"] == receiver["name"]
    assert webhook["url_file"] in SERVICES["alertmanager"]["entrypoint"][2]


@pytest.mark.parametrize("service", ["prometheus", "alertmanager"])
def test_a_program_is_pointed_at_its_file(service: str) -> None:
    (option,) = [word for word in SERVICES[service]["command"] if "--config.file=" in word]
    folder, _, name = option.removeprefix("--config.file=").rpartition("/")

    assert find_mounts(service)[folder] == "./monitoring"
    assert (MONITORING / name).is_file()


def test_the_alerts_are_beside_the_file_that_names_them() -> None:
    assert read("prometheus.yml")["rule_files"] == ["rules.yml"]


def test_grafana_is_provisioned_from_files() -> None:
    mounts = find_mounts("grafana")
    (source,) = read("grafana/datasources/prometheus.yml")["datasources"]
    (provider,) = read("grafana/dashboards/petsong.yml")["providers"]

    assert mounts["/etc/grafana/provisioning"] == "./monitoring/grafana"
    assert mounts[provider["options"]["path"]] == "./monitoring"
    assert source["url"] == "http://prometheus:9090"
    assert source["isDefault"] is True


@pytest.mark.parametrize("service", ["prometheus", "alertmanager", "grafana"])
def test_logs_of_the_monitoring_are_json(service: str) -> None:
    environment = SERVICES[service].get("environment", {})

    assert "--log.format=json" in SERVICES[service].get("command", []) or (
        environment["GF_LOG_CONSOLE_FORMAT"] == "json"
    )
