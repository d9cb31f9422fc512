"""What a benchmark returns: named phases, each with the values of all its repeats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Phase:
    """One phase of a benchmark; `values_s` are seconds, one for each repeat, warm-up left out."""

    name: str
    values_s: Sequence[float]

    @property
    def median_s(self) -> float:
        """Return the middle value, which a busy moment of the machine does not move."""
        return median(self.values_s)

    @property
    def spread_s(self) -> float:
        """Return the distance from the smallest to the largest value."""
        return max(self.values_s) - min(self.values_s)


def collect(repeats: Sequence[Mapping[str, float]]) -> list[Phase]:
    """Turn repeats, each a mapping of phase to seconds, into phases in the first one's order."""
    return [Phase(name, [repeat[name] for repeat in repeats]) for name in repeats[0]]
