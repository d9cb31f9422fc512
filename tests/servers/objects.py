"""An object store of our own, behind the real S3 API.

Invariant: it forgets everything when it stops. Like S3 it refuses unsigned requests for objects,
but it accepts every signature until `refuse_keys` is called; then it accepts no key.
"""

import itertools
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import httpx

from tests.servers.child import Child
from tests.servers.ports import free_port
from tests.servers.server import Server

KEY_TAG = "{http://s3.amazonaws.com/doc/2006-03-01/}Key"


class ObjectServer(Server):
    """Moto's server, on a port that it keeps across restarts."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder: Path = Path(tempfile.mkdtemp(prefix="petsong-objects-"))
        command = [sys.executable, "-m", "moto.server", "--port", str(self.port)]
        self.child = Child(command, self.folder / "objects.log", folder=self.folder)
        self._numbers = itertools.count(1)

    async def is_up(self) -> bool:
        try:
            await self._ask("GET", "/moto-api/")
        except httpx.TransportError:
            return False
        return True

    async def create_bucket(self) -> str:
        """Make an empty bucket and return its name."""
        name = f"test-{next(self._numbers)}"
        await self._ask("PUT", f"/{name}")
        return name

    async def list_keys(self, bucket: str) -> set[str]:
        """Return the keys of all objects."""
        answer = await self._ask("GET", f"/{bucket}?list-type=2")
        return {key.text or "" for key in ElementTree.fromstring(answer).iter(KEY_TAG)}

    async def refuse_keys(self) -> None:
        """Answer every further request as if its key were unknown."""
        await self._ask("POST", "/moto-api/reset-auth", b"0")

    async def _ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        # Certificates would be read each time, and none are needed here.
        client = httpx.AsyncClient(base_url=self.url, trust_env=False, verify=False)
        async with client as http:
            answer = await http.request(method, path, content=body)
            answer.raise_for_status()
            return answer.content
