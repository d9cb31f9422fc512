"""One of our own programs as a child process, up as soon as its address answers.

Invariant: nothing is mocked: it is the program that an operator starts, seen from outside.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from tests.servers.child import Child
from tests.servers.polling import HANG_S
from tests.servers.server import Server

COMPLAINTS = re.compile(
    r"Traceback|Unhandled|never retrieved|never awaited|\b(?i:error|critical)\b"
)


class ChildServer(Server):
    """A program such as `petsong serve`; its output goes to `log_path`.

    `environment` is merged over this process's own; an empty value removes a variable. The program
    is up when `ready_url` answers below 500 and `ready_output` has appeared since its last start;
    either may be left out.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log_path: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        ready_url: str | None = None,
        ready_output: str = "",
    ) -> None:
        merged = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
        self.child = Child(
            command,
            log_path,
            environment={name: value for name, value in merged.items() if value},
            folder=folder,
        )
        self.ready_url = ready_url
        self.ready_output = ready_output
        self._output_before = ""

    async def start(self, timeout_s: float = HANG_S) -> None:
        """Start the program and wait until it is up."""
        self._output_before = self.output()
        await super().start(timeout_s)

    async def is_up(self) -> bool:
        """Whether the output and the address say that the program is up."""
        if self.ready_output not in self.output().removeprefix(self._output_before):
            return False
        return self.ready_url is None or await _answers(self.ready_url)

    def output(self) -> str:
        """Return everything that the program has written, over all its starts."""
        return self.child.log()

    def check_output(self, *expected: str) -> None:
        """Raise at the first error line, unless it contains one of `expected`."""
        for line in self.output().splitlines():
            if COMPLAINTS.search(line) and not any(part in line for part in expected):
                raise self.child.failure(f"complained: {line}")


async def _answers(url: str) -> bool:
    # Reading all the system's certificates takes longer than the request.
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=2) as http:
        try:
            return (await http.get(url)).status_code < 500
        except httpx.TransportError:
            return False
