"""Each benchmark runs, so that none rots; no test judges how fast anything is."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from renderer.encoders import ENCODERS
from renderer.probe import probe
from tests.servers import ChildServer

LIMIT_S = 480
"""For one that hangs: beside other tests a benchmark has a quarter of the cores."""
pytestmark = pytest.mark.nightly


class Report:
    """What one quick run of a benchmark wrote."""

    def __init__(self, document: Any, name: str, path: Path) -> None:
        self.environment = document["environment"]
        self.chart = path.with_suffix(".svg").read_text()
        self.values: dict[str, dict[str, float]] = {}
        for series in document["benchmarks"][name]:
            assert len(series["values"]) == 1
            self.values.setdefault(series["case"], {})[series["name"]] = series["values"][0]


async def run(name: str, folder: Path, *options: str | Path) -> tuple[Report, str]:
    path = folder / "report.json"
    command = [sys.executable, "-m", "benchmarks", name, "--quick", "--repeats", "1"]
    command += ["--json", str(path), *map(str, options)]
    benchmark = ChildServer(command, log_path=folder / "log")

    benchmark.child.start()
    assert await benchmark.child.wait(LIMIT_S) == 0, benchmark.output()

    return Report(json.loads(path.read_text()), name, path), benchmark.output()


async def test_the_journey_benchmark_reports_every_phase_and_delay(tmp_path: Path) -> None:
    report, _ = await run("journey", tmp_path)

    phases = report.values[""]
    assert report.environment["pyav"]
    assert phases.pop("visitors") > 0
    assert len(phases) == 8
    parts = [value for name, value in phases.items() if name != "preview turns"]
    assert sum(parts[:-1]) > 0
    assert abs(sum(parts[:-1]) - parts[-1]) < 0.1 * parts[-1]
    assert len(report.values["p95"]) == 3
    for name, p95 in report.values["p95"].items():
        assert 0 < report.values["median"][name] <= p95 <= report.values["largest"][name]


async def test_the_render_benchmark_measures_each_length_and_draws_a_chart(tmp_path: Path) -> None:
    report, _ = await run("render", tmp_path, "--encoder", "libx264")

    growth = report.values.pop("growth per minute")
    assert {"video part", "render: audio", "song to MP4"} <= growth.keys()
    assert list(report.values) == ["6 s", "12 s"]
    for case, measured in report.values.items():
        assert {"loop: compose", "loop: encode", "render: audio"} <= measured.keys()
        assert min(measured["loop"], measured["song to MP4"], measured["peak memory"]) > 0
        assert measured["CPU"] > 0
        assert f"song to MP4  {case}" in report.chart
    assert report.values["12 s"]["file"] > 1.5 * report.values["6 s"]["file"]


async def test_the_formats_benchmark_adds_up_the_videos_of_one_job(tmp_path: Path) -> None:
    report, _ = await run("formats", tmp_path, "--encoder", "libx264")

    alone, together = report.values["square"], report.values["square, hd"]
    assert together["file"] > 1.5 * alone["file"]
    assert together["CPU"] > alone["CPU"]
    assert report.environment["graphics"]


async def test_the_encoders_benchmark_leaves_out_what_does_not_open(tmp_path: Path) -> None:
    report, said = await run("encoders", tmp_path)

    for encoder in ENCODERS:
        if probe(encoder) is None:
            measured = report.values[f"square, {encoder}"]
            assert 0.9 < measured["SSIM"] < 1
            assert measured["loop"] > 20
        else:
            assert f"{encoder} is skipped: " in said


async def test_the_quality_benchmark_compares_like_with_like(tmp_path: Path) -> None:
    report, _ = await run("quality", tmp_path)

    # Frames of another rotation, or of another drawing, are far less alike than this.
    assert all(0.9 < measured["SSIM"] < 1 for measured in report.values.values())


async def test_the_throughput_benchmark_is_compared_with_what_was_written(tmp_path: Path) -> None:
    before = tmp_path / "before.json"
    name = "videos per minute and core"
    old = {"name": name, "case": "1 at once", "unit": "videos", "values": [0.0]}
    before.write_text(json.dumps({"benchmarks": {"throughput": [old]}}))

    report, printed = await run("throughput", tmp_path, "--compare", before)

    assert all(measured[name] > 0 for measured in report.values.values())
    assert "throughput: old / new" in printed
    assert "0.00" in printed.rpartition("old / new")[2]


async def test_the_push_benchmark_loses_nobody_and_no_outcome(tmp_path: Path) -> None:
    report, _ = await run("push", tmp_path)

    measured = report.values[""]
    assert measured["visitors"] > 0
    assert measured["drops"] == 0
    assert measured["outcomes"] > 0
    assert measured["outcomes missed"] == 0
    assert 0 < measured["commit to event: median"] <= measured["commit to event: largest"]


async def test_the_intake_benchmark_sees_every_request_answered(tmp_path: Path) -> None:
    report, _ = await run("intake", tmp_path)

    for measured in report.values.values():
        assert measured["requests"] > 0
        assert measured["answered 200"] == measured["requests"]
        assert measured["web for each"] > 0
        assert measured["answer: median"] <= measured["answer: p99"]


async def test_the_pages_benchmark_rates_a_page(tmp_path: Path) -> None:
    report, _ = await run("pages", tmp_path)

    assert list(report.values) == ["waiting"]
    for measured in report.values.values():
        assert 0 < measured["score"] <= 100
        assert 0 < measured["first contentful paint"] <= measured["largest contentful paint"]
        assert measured["total blocking time"] >= 0
        assert measured["layout shift"] >= 0
        assert measured["bytes"] > 10


async def test_the_refusals_benchmark_times_bodies_and_logins(tmp_path: Path) -> None:
    report, _ = await run("refusals", tmp_path)

    medians, largest = report.values["median"], report.values["largest"]
    assert {name.partition(":")[0] for name in medians} == {"body", "login"}
    assert all(0 < medians[name] <= largest[name] for name in medians)
