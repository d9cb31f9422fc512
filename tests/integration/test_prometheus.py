"""A real Prometheus, started as in docker-compose.yml, scrapes a real site and reads our alerts."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import yaml

from tests.servers import ChildServer, free_port, wait_until
from tests.servers.programs import find_promtool
from tests.sites import Site, open_site
from tests.sources import ROOT

PASSWORD = "100% of: our \\ passwords"
SERVICE: Mapping[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"][
    "prometheus"
]


def write_config(site: Site, folder: Path) -> Path:
    """Our configuration, scraping more often, and a site without a host name."""
    config = yaml.safe_load((ROOT / "monitoring" / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(ROOT / "monitoring" / name) for name in config["rule_files"]]
    config["alerting"] = {}
    petsong, itself = config["scrape_configs"]
    assert petsong.pop("dns_sd_configs")
    petsong["static_configs"] = [{"targets": [urlsplit(site.url).netloc]}]
    petsong["basic_auth"]["password_file"] = str(folder / "admin-password")
    config["scrape_configs"] = [petsong]
    assert itself["static_configs"]
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(config))
    return path


def list_words(config: Path, folder: Path, port: int) -> list[str]:
    """The container's command with our paths in place of its own."""
    shell, flags, script, name = (word.replace("$$", "$") for word in SERVICE["entrypoint"])
    assert name == "prometheus"
    assert "/tmp/admin-password" in script
    program = str(find_promtool().with_name("prometheus"))
    script = script.replace("/tmp/", f"{folder}/").replace("exec prometheus", f"exec {program}")
    options = [
        re.sub(r"=/etc/prometheus/.+", f"={config}", option).replace(
            "=/prometheus", f"={folder}/measurements"
        )
        for option in SERVICE["command"]
    ]
    return [shell, flags, script, name, *options, f"--web.listen-address=127.0.0.1:{port}"]


async def test_prometheus_logs_in_and_reads_the_alerts(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with open_site(tmp_path, ADMIN_PASSWORD=PASSWORD) as site:
        server = ChildServer(
            list_words(write_config(site, tmp_path), tmp_path, port),
            log_path=tmp_path / "prometheus.log",
            environment={"ADMIN_PASSWORD": PASSWORD},
            ready_url=f"{url}/-/ready",
        )
        async with server, httpx.AsyncClient(base_url=url, trust_env=False) as http:

            async def read_state() -> str | None:
                targets = (await http.get("/api/v1/targets")).json()["data"]["activeTargets"]
                assert not targets or not targets[0]["lastError"], targets[0]["lastError"]
                return next((target["health"] for target in targets), None)

            async def is_up() -> bool:
                return await read_state() == "up"

            await wait_until(is_up)
            groups = (await http.get("/api/v1/rules")).json()["data"]["groups"]

    names = {rule["name"] for group in groups for rule in group["rules"]}
    assert "PetsongWebDown" in names
    lines = server.output().splitlines()
    assert lines
    assert all(line.startswith("{") for line in lines)
