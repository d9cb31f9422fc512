"""A child process: started, watched, frozen, killed, and never left behind.

Invariant: the process leads its own process group, and the whole group is killed when Python exits
or is killed, whatever happens to the test. Every failure quotes the end of its output.
"""

import os
import pwd
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.servers import reaper
from tests.servers.polling import HANG_S, wait_until

LOG_TAIL_LINES = 30


class ServerFailed(Exception):
    """A server did not start, did not stop, or wrote an error to its output."""


class Child:
    """One process at a time, always started with the same command.

    `environment` is the whole environment of the process, by default our own. `account` runs it as
    another user, which only root may do.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        log_path: Path,
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        account: pwd.struct_passwd | None = None,
    ) -> None:
        self.command = [str(word) for word in command]
        self.log_path = log_path
        self._environment = environment
        self._folder = folder
        self._account = account
        self._process: subprocess.Popen[bytes] | None = None
        self._group_id: int | None = None

    @property
    def pid(self) -> int:
        """The id of the process, which must have been started."""
        return self._started().pid

    @property
    def returncode(self) -> int | None:
        """The exit status: None while it runs, minus the signal's number if it was killed."""
        return self._started().poll()

    @property
    def is_running(self) -> bool:
        """Whether a process has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process; its output is appended to the log file."""
        if self.is_running:
            raise ServerFailed(f"{self.command[0]} is running already")
        account = self._account
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd=self._folder,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                start_new_session=True,
            )
        self._group_id = self._process.pid
        reaper.register(self._group_id)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process alone, unless it has ended."""
        self._started().send_signal(number)

    def pause(self) -> None:
        """Freeze the whole group (SIGSTOP): it keeps its sockets open and answers nothing."""
        self._send_group(signal.SIGSTOP)

    def resume(self) -> None:
        """Resume a frozen group; a running one is unaffected."""
        self._send_group(signal.SIGCONT)

    async def wait(self, timeout_s: float = HANG_S) -> int:
        """Wait for the process to end and return its status; kill it and raise at the deadline.

        Children that outlive it are killed.
        """
        try:
            await wait_until(lambda: not self.is_running, timeout_s, "the process has ended")
        except TimeoutError as error:
            raise self.failure(f"did not stop within {timeout_s} s and was killed") from error
        finally:
            self.kill_now()
        return self._started().wait()

    def kill_now(self) -> None:
        """Kill the whole group at once (SIGKILL); a second call does nothing."""
        if self._group_id is None:
            return
        self._send_group(signal.SIGKILL)
        reaper.unregister(self._group_id)
        self._group_id = None  # the system may reuse an ended group's id
        self._started().wait()

    def log(self) -> str:
        """Return everything that the process has written, over all its starts."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def failure(self, what: str) -> ServerFailed:
        """Return an error with `what` went wrong and the end of the output."""
        tail = "\n".join(self.log().splitlines()[-LOG_TAIL_LINES:]) or "(no output)"
        return ServerFailed(f"{' '.join(self.command)}: {what}\n{tail}")

    def check_is_running(self) -> None:
        """Raise if the process has ended, with its output."""
        if not self.is_running:
            raise self.failure(f"ended with {self.returncode} instead of serving")

    def _send_group(self, number: signal.Signals) -> None:
        if self._group_id is None:
            return
        # The group may be empty; macOS answers "not permitted" if it has only zombies.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._group_id, number)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ServerFailed(f"{self.command[0]} has not been started")
        return self._process
