"""What a web process notices about itself; the database knows the rest."""

import asyncio
from collections import deque
from typing import Final

TICK_S: Final = 0.5
LAST_TICKS: Final = 120
LAST_PUSHES: Final = 1000


class ProcessMetrics:
    """The sockets it holds, how late its event loop was, and how long pushes took to arrive."""

    def __init__(self) -> None:
        self.sockets = 0
        self.pushes_s: deque[float] = deque(maxlen=LAST_PUSHES)
        self._lags_s: deque[float] = deque(maxlen=LAST_TICKS)

    @property
    def worst_lag_s(self) -> float:
        """Return by how much the event loop was late at the worst in the last minute."""
        return max(self._lags_s, default=0.0)

    def note_push(self, seconds: float) -> None:
        """Note how long a push took from its publisher to the sockets of this process."""
        self.pushes_s.append(max(0.0, seconds))

    async def watch_loop(self) -> None:
        """Measure the event loop's lag until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TICK_S
            await asyncio.sleep(TICK_S)
            self._lags_s.append(max(0.0, loop.time() - due))
