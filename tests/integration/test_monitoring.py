"""The dashboard and the alert rules: valid, tried out, documented, and using existing metrics."""

import json
import re
import subprocess

import yaml

from server.clock import now
from server.submissions.lifecycle import Stage
from server.submissions.model import SongAccount, WorkerHeartbeat
from tests.integration.conftest import Connect, OpenStack
from tests.integration.web.forms import store_submission
from tests.integration.web.test_admin import PASSWORD
from tests.integration.web.test_metrics import names
from tests.servers.programs import find_promtool
from tests.sources import ROOT

FOLDER = ROOT / "monitoring"
RULES = yaml.safe_load((FOLDER / "rules.yml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text())
METRIC = re.compile(r"petsong_\w+")


def promtool(*words: str) -> str:
    done = subprocess.run(
        [find_promtool(), *words], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_accepts_the_rules() -> None:
    assert f"SUCCESS: {len(RULES)} rules found" in promtool("check", "rules", "rules.yml")


def test_each_alert_fires_when_it_should_and_only_then() -> None:
    assert "SUCCESS" in promtool("test", "rules", "rules_test.yml")
    *firing, well = yaml.safe_load((FOLDER / "rules_test.yml").read_text())["tests"]
    alerts = [rule["alert"] for rule in RULES]
    assert [test["name"] for test in firing] == alerts
    assert [case["alertname"] for case in well["alert_rule_test"]] == alerts


def test_operations_says_what_to_do_about_each_alert() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    told = re.findall(r"^\| `(Petsong\w+)` \|", text, re.M)

    assert told == [rule["alert"] for rule in RULES]


async def test_rules_and_dashboard_use_existing_metrics(
    open_stack: OpenStack, connect: Connect
) -> None:
    async with open_stack(admin_password=PASSWORD) as services:
        await SongAccount.filter(id=1).update(credits=1, credits_checked_at=now())
        await WorkerHeartbeat.create(
            name="render", queue="render", beat_at=now(), encoder="libx264"
        )
        services.process_metrics.note_push(0.01)
        for number in range(12):
            moment = now()
            await store_submission(
                Stage.READY,
                session_id=f"a{number:023}",
                sent_to_LLM=moment,
                received_from_LLM=moment,
                downloaded_at=moment,
                video_creation_end=moment,
                video_timings='{"photo": 0.1}',
            )

        there_are = set(await names(connect(services)))

    panels = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    alerts = [rule["expr"] for rule in RULES]
    assert set(METRIC.findall(" ".join(alerts))) <= there_are
    assert set(METRIC.findall(" ".join(panels))) == there_are
