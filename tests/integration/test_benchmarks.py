"""Each benchmark runs, so that it cannot rot; what it measures is no test's business."""

import json
import sys
from pathlib import Path

from tests.servers import ChildServer


async def test_the_journey_benchmark_reports_every_phase(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [
        sys.executable,
        "-m",
        "benchmarks",
        "journey",
        "--repeats",
        "1",
        "--json",
        str(report),
    ]
    benchmark = ChildServer(command, log_path=tmp_path / "log")

    benchmark.child.start()
    assert await benchmark.child.wait(100) == 0, benchmark.output()

    document = json.loads(report.read_text())
    phases = {phase["name"]: phase["values_s"] for phase in document["benchmarks"]["journey"]}
    assert document["environment"]["pyav"]
    assert len(phases) == 8
    parts = [values[0] for name, values in phases.items() if name != "preview turns"]
    assert sum(parts[:-1]) > 0
    assert abs(sum(parts[:-1]) - parts[-1]) < 0.1 * parts[-1]
