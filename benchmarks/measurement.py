"""Options of a benchmark, and its result: named series with the values of all repeats.

Values are stored as measured; medians and ratios are computed for display.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

SECONDS = "s"


@dataclass(frozen=True)
class Options:
    """The number of repeats, the encoder, and whether it is only a quick check."""

    repeats: int
    encoder: str = "auto"
    is_quick: bool = False


@dataclass(frozen=True)
class Series:
    """One quantity in one case; `values` has one number per repeat, without the warm-up."""

    name: str
    values: Sequence[float]
    unit: str = SECONDS
    case: str = ""

    @property
    def median(self) -> float:
        """The median, which is robust against short disturbances."""
        return median(self.values)

    @property
    def spread(self) -> float:
        return max(self.values) - min(self.values)


def collect(
    repeats: Sequence[Mapping[str, float]],
    case: str = "",
    units: Mapping[str, str] | None = None,
) -> list[Series]:
    """Convert repeats, each a mapping of name to number, into series in the order of the first.

    Names missing in `units` are in seconds.
    """
    units = units or {}
    return [
        Series(name, [repeat[name] for repeat in repeats], units.get(name, SECONDS), case)
        for name in repeats[0]
    ]
