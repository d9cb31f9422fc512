"""`python -m benchmarks [pattern]`: a table for people, and JSON for machines."""

import argparse
import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks import environment, journey
from benchmarks.measurement import Phase

BENCHMARKS: Final[Mapping[str, Callable[[int], Coroutine[Any, Any, list[Phase]]]]] = {
    "journey": journey.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks whose name contains the pattern; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("pattern", nargs="?", default="", help="part of a benchmark's name")
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="default: 5")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all values there")
    options = parser.parse_args(arguments)
    chosen = [name for name in BENCHMARKS if options.pattern in name]
    if not chosen or options.repeats < 1:
        parser.error(f"choose from {', '.join(BENCHMARKS)}, and at least one repeat")
    machine = environment.describe()
    results = {name: asyncio.run(BENCHMARKS[name](options.repeats)) for name in chosen}
    console = Console()
    console.print(", ".join(f"{name}: {value}" for name, value in machine.items()))
    for name, phases in results.items():
        console.print(_table(name, phases))
    if options.json:
        phases_as_json = {name: list(map(asdict, phases)) for name, phases in results.items()}
        document = {"environment": machine, "benchmarks": phases_as_json}
        options.json.write_text(json.dumps(document, indent=2))
    return 0


def _table(name: str, phases: Sequence[Phase]) -> Table:
    repeats = len(phases[0].values_s)
    table = Table("phase", "median ms", "spread ms", title=f"{name} ({repeats} repeats)")
    for phase in phases:
        table.add_row(phase.name, f"{1000 * phase.median_s:.0f}", f"{1000 * phase.spread_s:.0f}")
    return table


if __name__ == "__main__":
    raise SystemExit(main())
