"""What every server of the tests can do: start, stop, crash, freeze, recover.

Invariant: `start` returns when the server answers, and otherwise raises with the end of its output.
Leaving the context stops it; having to kill it then is an error.
"""

import shutil
import signal
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers.child import Child
from tests.servers.polling import HANG_S, wait_until


class Server(ABC):
    """A child process that answers; a subclass says which, and how it is asked."""

    child: Child
    folder: Path | None = None  # temporary; removed with the server
    stop_signal = signal.SIGTERM

    @abstractmethod
    async def is_up(self) -> bool:
        """Whether the server answers right now."""

    async def start(self, timeout_s: float = HANG_S) -> None:
        """Start the server and wait until it answers."""
        self.child.start()

        async def is_up() -> bool:
            self.child.check_is_running()
            return await self.is_up()

        try:
            await wait_until(is_up, timeout_s)
        except BaseException as error:
            self.child.kill_now()
            if isinstance(error, TimeoutError):
                raise self.child.failure(f"was not up within {timeout_s} s") from error
            raise

    async def stop(self, by: signal.Signals | None = None, timeout_s: float = HANG_S) -> int:
        """Ask the server to stop, with its usual signal or another; return its exit status."""
        self.child.send(by or self.stop_signal)
        self.child.resume()  # a frozen server would not see the signal
        return await self.child.wait(timeout_s)

    async def restart(self) -> None:
        """Stop and start again at the same address."""
        await self.stop()
        await self.start()

    def kill(self) -> None:
        """End the server without any clean-up, like a power cut."""
        self.child.kill_now()

    def pause(self) -> None:
        """Freeze the server: its sockets stay open, and nothing is answered."""
        self.child.pause()

    def resume(self) -> None:
        """Resume a frozen server."""
        self.child.resume()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if self.child.is_running:
                await self.stop()
        finally:
            self.child.kill_now()
            if self.folder:
                shutil.rmtree(self.folder)
