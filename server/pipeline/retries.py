"""The one retry layer: how often a stage is tried, and how long it waits in between."""

import random
from typing import Final

BACKOFF_S: Final = (10.0, 30.0, 60.0)
JITTER: Final = 0.2


def backoff_s(attempts: int) -> float:
    """Return the seconds to wait after `attempts` tries (1 or more), a little spread.

    The spread keeps submissions that failed together from coming back together.
    """
    base = BACKOFF_S[min(attempts, len(BACKOFF_S)) - 1]
    return base * random.uniform(1 - JITTER, 1 + JITTER)
