"""A child process: started, watched, frozen, killed, and never left behind.

Invariant: the process leads its own process group, and whatever happens to the test the whole
group is killed when Python exits or is killed. Its output goes to a file whose end is part of every
failure.
"""

import os
import pwd
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.servers import undertaker
from tests.servers.polling import wait_until

LOG_TAIL_LINES = 30


class ServerFailed(Exception):
    """A server did not start, did not stop, or complained in its output."""


class Child:
    """One process at a time, started again and again with the same command.

    `environment` is the whole environment of the process, by default our own; `account` runs it as
    somebody else, which only root may ask for.
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
        """How the process ended: None while it runs, minus the signal's number when killed."""
        return self._started().poll()

    @property
    def is_running(self) -> bool:
        """Whether a process has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process; its output is added to the log file."""
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
        undertaker.hand_over(self._group_id)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process alone, unless it has ended."""
        self._started().send_signal(number)

    def pause(self) -> None:
        """Freeze the whole group (SIGSTOP): it keeps its sockets open and answers nobody."""
        self._send_group(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen group go on; nothing happens to one that is not frozen."""
        self._send_group(signal.SIGCONT)

    async def wait(self, timeout_s: float = 15) -> int:
        """Wait for the process to end and return how it did; kill it at the deadline and raise.

        Children that outlived it are killed.
        """
        try:
            await wait_until(lambda: not self.is_running, timeout_s, "the process has ended")
        except TimeoutError as error:
            raise self.failure(f"did not stop within {timeout_s} s and was killed") from error
        finally:
            self.kill_now()
        return self._started().wait()

    def kill_now(self) -> None:
        """Kill the whole group at once (SIGKILL); nothing happens when that has been done."""
        if self._group_id is None:
            return
        self._send_group(signal.SIGKILL)
        undertaker.take_back(self._group_id)
        self._group_id = None  # the system may give an ended group's id to strangers
        self._started().wait()

    def log(self) -> str:
        """Return all that the process has written to its output, over all its starts."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def failure(self, what: str) -> ServerFailed:
        """Return an error that tells what went wrong together with the end of the output."""
        tail = "\n".join(self.log().splitlines()[-LOG_TAIL_LINES:]) or "(no output)"
        return ServerFailed(f"{' '.join(self.command)}: {what}\n{tail}")

    def check_is_running(self) -> None:
        """Raise when the process has ended, with what it said."""
        if not self.is_running:
            raise self.failure(f"ended with {self.returncode} instead of serving")

    def _send_group(self, number: signal.Signals) -> None:
        if self._group_id is None:
            return
        # Nobody may be left; macOS answers "not permitted" where only zombies are.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._group_id, number)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ServerFailed(f"{self.command[0]} has not been started")
        return self._process
