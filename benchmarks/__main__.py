"""`python -m benchmarks [pattern]`: prints tables; optionally writes JSON and a chart."""

import argparse
import asyncio
import json
import signal
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from benchmarks import (
    chart,
    encoders,
    environment,
    formats,
    intake,
    journey,
    pages,
    push,
    quality,
    refusals,
    render,
    throughput,
)
from benchmarks.measurement import Options, Series
from benchmarks.table import tabulate, tabulate_ratios
from renderer import EncoderUnavailable

BENCHMARKS: Final[Mapping[str, Callable[[Options], Coroutine[Any, Any, list[Series]]]]] = {
    "journey": journey.measure,
    "render": render.measure,
    "formats": formats.measure,
    "encoders": encoders.measure,
    "quality": quality.measure,
    "throughput": throughput.measure,
    "push": push.measure,
    "intake": intake.measure,
    "pages": pages.measure,
    "refusals": refusals.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks whose name contains the pattern; return the exit status."""
    # Like Ctrl-C: processes started by a benchmark are stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = _describe_arguments()
    asked = parser.parse_args(arguments)
    chosen = [name for name in BENCHMARKS if asked.pattern in name]
    if not chosen or asked.repeats < 1:
        parser.error(f"choose from {', '.join(BENCHMARKS)}, and at least one repeat")
    try:
        old = json.loads(asked.compare.read_text())["benchmarks"] if asked.compare else {}
    except (OSError, ValueError, LookupError, TypeError) as error:
        parser.error(f"{asked.compare} was not written by --json: {error}")
    machine = environment.describe()
    options = Options(asked.repeats, asked.encoder, asked.quick)
    try:
        results = {name: asyncio.run(BENCHMARKS[name](options)) for name in chosen}
    except EncoderUnavailable as error:
        parser.error(str(error))
    console = Console()
    console.print(", ".join(f"{name}: {value}" for name, value in machine.items()))
    for name, series in results.items():
        console.print(tabulate(name, series))
        if name in old:
            console.print(tabulate_ratios(name, series, old[name]))
    if asked.json:
        _write(asked.json, machine, results)
    return 0


def _describe_arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("pattern", nargs="?", default="", help="part of a benchmark's name")
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="default: 5")
    parser.add_argument("--encoder", default="auto", help="auto, libx264 or h264_nvenc")
    parser.add_argument(
        "--quick", action="store_true", help="short songs and waits: only check that it runs"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write all values there, and a chart beside it"
    )
    parser.add_argument(
        "--compare", type=Path, metavar="FILE", help="show the ratio to values written by --json"
    )
    return parser


def _write(path: Path, machine: Mapping[str, str], results: Mapping[str, list[Series]]) -> None:
    series_as_json = {name: list(map(asdict, series)) for name, series in results.items()}
    document = {"environment": machine, "benchmarks": series_as_json}
    path.write_text(json.dumps(document, indent=2))
    path.with_suffix(".svg").write_text(chart.draw(results))


if __name__ == "__main__":
    raise SystemExit(main())
