"""Durations of phases; one `Timings` belongs to one job and is never shared."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar

Item = TypeVar("Item")


class Timings(dict[str, float]):
    """Seconds by phase, in the order in which the phases began; repeated phases add up.

    Each second counts once: time measured inside another phase is not counted in the outer one.
    """

    def __init__(self) -> None:
        super().__init__()
        self._inside_s = 0.0  # time of inner phases so far

    @contextmanager
    def measure(self, phase: str) -> Iterator[None]:
        """Add the duration of the block to `phase`."""
        start, inside_s = perf_counter(), self._inside_s
        self.setdefault(phase, 0.0)
        try:
            yield
        finally:
            duration_s = perf_counter() - start
            self[phase] += duration_s - (self._inside_s - inside_s)
            self._inside_s = inside_s + duration_s

    def measure_each(self, phase: str, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items; add the time spent waiting for them to `phase`."""
        iterator = iter(items)
        while True:
            with self.measure(phase):
                item = next(iterator, None)
            if item is None:
                return
            yield item
