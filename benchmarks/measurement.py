"""What a benchmark is asked for, and what it returns: named series with the values of all repeats.

A value is measured once and kept as it was; medians and ratios are made where they are shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

SECONDS = "s"


@dataclass(frozen=True)
class Options:
    """How often to repeat, which encoder to ask for, and whether it only has to run at all."""

    repeats: int
    encoder: str = "auto"
    is_quick: bool = False


@dataclass(frozen=True)
class Series:
    """One measured thing in one case; `values` hold one number per repeat, warm-up left out."""

    name: str
    values: Sequence[float]
    unit: str = SECONDS
    case: str = ""

    @property
    def median(self) -> float:
        """Return the middle value, which a busy moment of the machine does not move."""
        return median(self.values)

    @property
    def spread(self) -> float:
        """Return the distance from the smallest to the largest value."""
        return max(self.values) - min(self.values)


def collect(
    repeats: Sequence[Mapping[str, float]],
    case: str = "",
    units: Mapping[str, str] | None = None,
) -> list[Series]:
    """Turn repeats, each a mapping of name to number, into series in the first one's order.

    What `units` does not name is seconds.
    """
    units = units or {}
    return [
        Series(name, [repeat[name] for repeat in repeats], units.get(name, SECONDS), case)
        for name in repeats[0]
    ]
