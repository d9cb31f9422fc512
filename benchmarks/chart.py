"""Draws seconds as SVG: one line per series, a dot at the median, a bar over all values.

The axis is logarithmic, because phases differ by powers of ten.
"""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from benchmarks.measurement import SECONDS, Series

LABEL_PX: Final = 300
PLOT_PX: Final = 560
LINE_PX: Final = 22
WIDTH_PX: Final = LABEL_PX + PLOT_PX + 90
SHORTEST_S: Final = 0.001


def draw(benchmarks: Mapping[str, Sequence[Series]]) -> str:
    """Draw the chart, with a block per benchmark that has timed series."""
    parts: list[str] = []
    top = LINE_PX
    for title, series in benchmarks.items():
        timed = _choose(series)
        if timed:
            parts += _draw_block(title, timed, top)
            top += (len(timed) + 3) * LINE_PX
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_PX}" height="{top}" '
        f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(parts)}</svg>\n"
    )


def _choose(series: Sequence[Series]) -> list[Series]:
    """Choose the timed series, grouped by name."""
    names = list(dict.fromkeys(each.name for each in series))
    timed = (each for each in series if each.unit == SECONDS and each.median >= SHORTEST_S)
    return sorted(timed, key=lambda each: names.index(each.name))


def _draw_block(title: str, series: Sequence[Series], top: int) -> list[str]:
    last_s = max(max(each.values) for each in series)
    decades = max(1, math.ceil(math.log10(last_s / SHORTEST_S)))
    bottom = top + (len(series) + 1) * LINE_PX

    def x(seconds: float) -> float:
        share = math.log10(max(seconds, SHORTEST_S) / SHORTEST_S) / decades
        return round(LABEL_PX + share * PLOT_PX, 1)

    parts = [_write(title, 8, top, weight="bold")]
    for decade in range(decades + 1):
        at = x(SHORTEST_S * 10**decade)
        parts.append(f'<path d="M{at} {top + 6}V{bottom - 8}" stroke="#ddd"/>')
        parts.append(_write(f"{SHORTEST_S * 10**decade:g} s", at, bottom + 6, anchor="middle"))
    for number, each in enumerate(series, start=1):
        line = top + number * LINE_PX
        low, middle, high = x(min(each.values)), x(each.median), x(max(each.values))
        parts += [
            _write(f"{each.name}  {each.case}", LABEL_PX - 10, line + 4, anchor="end"),
            f'<path d="M{low} {line}H{high}" stroke="#b23a48" stroke-width="3"/>',
            f'<circle cx="{middle}" cy="{line}" r="4" fill="#b23a48"/>',
            _write(f"{1000 * each.median:.0f} ms", high + 8, line + 4),
        ]
    return parts


def _write(text: str, x: float, y: float, *, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'
    )
