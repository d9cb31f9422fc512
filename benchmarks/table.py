"""Formats series as tables: a row per name, a column per case.

Seconds are shown as milliseconds; everything else in its own unit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from benchmarks.measurement import SECONDS, Series


def tabulate(title: str, series: Sequence[Series]) -> Table:
    """A table of medians, each with its spread."""
    repeats = len(series[0].values)
    return _pivot(
        f"{title} (repeats: {repeats}; median ±spread)",
        [(each.name, each.unit, each.case, _show(each)) for each in series],
    )


def tabulate_ratios(title: str, new: Sequence[Series], old: Sequence[Mapping[str, Any]]) -> Table:
    """A table of old / new medians: more than 1 means less time or memory than before.

    `old` is the same benchmark in a file written by `--json`; series missing in either are left
    out.
    """
    medians = {
        (each["name"], each["case"]): Series(each["name"], each["values"]).median for each in old
    }
    cells = []
    for each in new:
        before = medians.get((each.name, each.case))
        if before is not None and each.median:
            cells.append((each.name, each.unit, each.case, f"{before / each.median:.2f}"))
    return _pivot(f"{title}: old / new", cells)


def _show(series: Series) -> str:
    is_time = series.unit == SECONDS
    middle = f"{1000 * series.median:.0f}" if is_time else f"{series.median:.4g}"
    if len(series.values) == 1:
        return middle
    spread = f"{1000 * series.spread:.0f}" if is_time else f"{series.spread:.2g}"
    return f"{middle} ±{spread}"


def _pivot(title: str, cells: Sequence[tuple[str, str, str, str]]) -> Table:
    cases = list(dict.fromkeys(case for _, _, case, _ in cells))
    table = Table("measured", "unit", *cases, title=title)
    for column in table.columns[2:]:
        column.justify = "right"
    shown = {(name, case): text for name, _, case, text in cells}
    for name, unit in dict.fromkeys((name, unit) for name, unit, _, _ in cells):
        row = (shown.get((name, case), "") for case in cases)
        table.add_row(name, "ms" if unit == SECONDS else unit, *row)
    return table
