"""A whole journey, a failing one, and every refusal: no log line reveals a secret."""

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.simulator.faults import Fault, Switch
from server.submissions.tokens import secret_hash
from tests.integration.pipeline.test_push import open_browser
from tests.servers import wait_until
from tests.sites import Network, open_site, photo_base64

KEY = "sksonauto_key-of-the-tests"
PASSWORD = "a password of the tests"
PET, OWNER, COOKIE = "Xanthippe", "Quasimodo", "cookie_keepthistoyourself"
GUESS = "guess-at-a-token-of-ours"


EVENTS = {
    *("submission_accepted", "form_rejected", "request_refused", "webhook_received"),
    *("operator_refused", "operator_admitted"),
}


def read_entries(output: str) -> list[dict[str, Any]]:
    """Return every logged line; each is one JSON object, whatever was in it."""
    return [json.loads(line) for line in output.splitlines() if line]


def read_database(folder: Path) -> bytes:
    """Return the contents of SQLite's files; nothing if there are none."""
    return b"".join(file.read_bytes() for file in folder.glob("petsong.sqlite3*"))


async def test_debug_logs_reveal_no_secret(own_network: Network, tmp_path: Path) -> None:
    async with open_site(
        tmp_path,
        network=own_network,
        LOG_LEVEL="DEBUG",
        SONAUTO_API_KEY=KEY,
        ADMIN_PASSWORD=PASSWORD,
        MAX_RETRIES="1",
    ) as site:
        names: dict[str, Any] = {"pet_name": PET, "owner_name": OWNER, "cookie_id": COOKIE}
        good = await site.submit(**names)
        await site.wait_for(good, stage="ready")
        await site.simulator.set_faults(Switch(Fault.GENERATION_FAILS, times=1))
        bad = await site.submit(**names, seed=1)
        await site.wait_for(bad, stage="failed")
        async with open_browser(site) as browser:
            await browser.watch({"session_id": good})
            await browser.watch({"session_id": f"{good}'; {PET}"})
        for path in (f"/waiting/{bad}", f"/result/{good}", f"/api/results/{good}", "/docs"):
            assert (await site.http.get(path)).status_code == 200
        for password in ("a wrong password", PASSWORD):
            auth = httpx.BasicAuth("admin", password)
            await site.http.get("/api/admin/queue-status", auth=auth)
        await site.http.post("/api/submissions", json={**names, "photo": photo_base64(2)})
        await site.http.post("/api/submissions", content=f"{PET}\r\n{{}}".encode())
        await site.http.post(f"/api/webhook/{GUESS}", json={"task_id": "x", "status": "y"})
        # An error that nobody foresaw.
        (tmp_path / "video" / f"{good}.mp4").unlink()
        (tmp_path / "video" / f"{good}.mp4").mkdir()
        with pytest.raises(httpx.RemoteProtocolError):
            await site.http.get(f"/storage/video/{good}.mp4")
        (tmp_path / "video" / f"{good}.mp4").rmdir()
        deleted = await site.http.request(
            "DELETE", f"/api/submissions/{good}", json={"cookie_id": COOKIE}
        )
        tokens = [post["webhook_url"].rpartition("/")[2] for post in await site.posts()]
        proofs = [token.partition("-")[2] for token in tokens]
        await wait_until(lambda: "Traceback" in site.output())
        output = site.output()
        stored = read_database(tmp_path)

    assert len(proofs) == 2
    for unknown in (KEY, PASSWORD, GUESS, *proofs):
        assert unknown.encode() not in stored
    assert (secret_hash(proofs[0]).encode() in stored) is (own_network is None)
    assert deleted.status_code == 200
    entries = read_entries(output)
    assert {entry["event"] for entry in entries} >= EVENTS
    assert all(entry["timestamp"].endswith("Z") and entry["level"] for entry in entries)
    photos = [photo_base64(seed)[100:160] for seed in range(3)]
    raw = [repr(base64.b64decode(photo))[2:40] for photo in photos]
    secrets = [KEY, PASSWORD, PET, OWNER, COOKIE, GUESS, good, bad, *proofs, *photos, *raw]
    told = [secret for secret in secrets if secret in output]
    assert not told, [line for line in output.splitlines() if told[0] in line][:3]
    assert good[:8] in output
