"""Metrics of one web process; everything else is in the database."""

import asyncio
from collections import deque
from typing import Final

TICK_S: Final = 0.5
LAST_TICKS: Final = 120
LAST_PUSHES: Final = 1000


class ProcessMetrics:
    """Open sockets, event-loop lag, and how long pushes took to arrive."""

    def __init__(self) -> None:
        self.sockets = 0
        self.pushes_s: deque[float] = deque(maxlen=LAST_PUSHES)
        self._lags_s: deque[float] = deque(maxlen=LAST_TICKS)

    @property
    def worst_lag_s(self) -> float:
        """The worst event-loop lag of the last minute, in seconds."""
        return max(self._lags_s, default=0.0)

    def note_push(self, seconds: float) -> None:
        """Record how long a push took from its publisher to the sockets of this process."""
        self.pushes_s.append(max(0.0, seconds))

    async def watch_loop(self) -> None:
        """Measure the event loop's lag until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TICK_S
            await asyncio.sleep(TICK_S)
            self._lags_s.append(max(0.0, loop.time() - due))
