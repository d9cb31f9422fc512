"""How long each phase took; one `Timings` belongs to one job and is never shared."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class Timings(dict[str, float]):
    """Seconds by phase, in the order the phases began; a repeated phase adds up."""

    @contextmanager
    def measure(self, phase: str) -> Iterator[None]:
        """Add the duration of the block to `phase`."""
        start = perf_counter()
        self.setdefault(phase, 0.0)
        try:
            yield
        finally:
            self[phase] += perf_counter() - start
