"""The invariants I1 to I7 of the fault table, checked in one place after every fault.

I1 each accepted submission ends. I2 It ends once and stays ended. I3 It is paid for once, or once
more if an answer was lost. I4 Its video is complete and shows its photo. I5 Files are where they
belong. I6 No secret is revealed. I7 No more than ten songs are in progress.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import av

from renderer import RenderSpec
from renderer.audio import check_song
from server.storage import Folders
from server.storage.names import folders_below
from tests.faults.history import History
from tests.servers import HANG_S, wait_until
from tests.sites import Site

Colour = tuple[int, int, int]

ENDS = {"ready", "failed"}
SECRETS = {"the key": "key-of-the-tests", "a pet's name": "Xanthippe", "an owner": "Quasimodo"}
MAX_IN_FLIGHT = 10
FOLDERS = {"uploads", "audio", "video", "preview"}
BESIDE_THEM = {"simulator", "hosts", "petsong.sqlite3", "petsong.lock"}


@dataclass
class Findings:
    """How the submissions ended, and everything that is wrong."""

    ends: dict[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    published_twice: list[str] = field(default_factory=list)
    paid_twice: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def succeeded(self) -> list[str]:
        """The submissions that became a video."""
        return [session_id for session_id, end in self.ends.items() if end == "ready"]


async def examine(
    site: Site,
    history: History,
    submitted: Mapping[str, Colour],
    *,
    spec: RenderSpec,
    ambiguous: Collection[str] = (),
    given_up: int = 0,
    timeout_s: float = HANG_S,
) -> Findings:
    """Wait until all submissions have ended, and check the invariants.

    `ambiguous` names those whose answer to a paid order was really lost. `given_up` songs were
    still in progress when the site had stopped waiting for them.
    """
    findings = Findings()
    await _wait_for_ends(history, submitted, findings, timeout_s)
    await _read_ends(history, submitted, findings)
    ledger = await site.simulator.ledger()
    await _count_payments(ledger, history, submitted, ambiguous, findings)
    if ledger["in_flight_peak"] > MAX_IN_FLIGHT + given_up:
        findings.problems.append(f"I7 {ledger['in_flight_peak']} songs were under way")
    for session_id in findings.succeeded:
        complaint = await asyncio.to_thread(
            find_flaw, site.folder, session_id, submitted[session_id], spec
        )
        findings.problems += [f"I4 {session_id}: {complaint}"] if complaint else []
    await _look_at_files(site, history, findings)
    await _look_for_secrets(site, history, submitted, findings)
    return findings


async def _wait_for_ends(
    history: History, submitted: Mapping[str, Colour], findings: Findings, timeout_s: float
) -> None:
    async def have_ended() -> bool:
        return not await history.ask(
            "SELECT 1 FROM submissions WHERE stage NOT IN ('ready', 'failed') LIMIT 1"
        )

    with suppress(TimeoutError):
        await wait_until(have_ended, timeout_s)
    rows = await history.ask("SELECT session_id, stage FROM submissions")
    findings.ends = {session_id: stage for session_id, stage in rows if session_id in submitted}
    findings.lost = [one for one in submitted if findings.ends.get(one) not in ENDS]
    findings.problems += [f"I1 {one} stands at {findings.ends.get(one)}" for one in findings.lost]


async def _read_ends(history: History, submitted: Mapping[str, Colour], findings: Findings) -> None:
    for session_id, stages in (await history.stages()).items():
        ends = [stage for stage in stages if stage in ENDS]
        if session_id in submitted and (len(ends) > 1 or (ends and stages[-1] not in ENDS)):
            findings.published_twice.append(session_id)
            findings.problems.append(f"I2 {session_id} went {' '.join(stages)}")


async def _count_payments(
    ledger: Mapping[str, Any],
    history: History,
    submitted: Mapping[str, Colour],
    ambiguous: Collection[str],
    findings: Findings,
) -> None:
    attempts = dict(await history.ask("SELECT id, session_id FROM generation_attempts"))
    orders = {
        post["task_id"]: attempts.get(_attempt_id(post["webhook_url"].rpartition("/")[2]))
        for post in ledger["posts"]
        if post["task_id"]
    }
    paid = Counter(orders.values())
    ordered_at = {post["task_id"]: _moment(post) for post in ledger["posts"]}
    heard_at = {
        hook["task_id"]: _moment(hook) for hook in ledger["webhooks"] if hook["answered"] == 200
    }
    for session_id in submitted:
        if paid[session_id] > 1:
            findings.paid_twice.append(session_id)
            bought = [task_id for task_id, owner in orders.items() if owner == session_id]
            if any(
                heard_at.get(task_id, ordered_at[again]) < ordered_at[again]
                for task_id, again in pairwise(bought)
            ):
                findings.problems.append(f"I3 {session_id} was bought again, and its song known")
        if paid[session_id] > 1 + (session_id in ambiguous):
            findings.problems.append(f"I3 {session_id} was paid for {paid[session_id]} times")
        if findings.ends.get(session_id) == "ready" and not paid[session_id]:
            findings.problems.append(f"I3 {session_id} was never paid for")
    if None in paid:
        findings.problems.append("I3 an order was sent before it was written down")


def _moment(entry: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(entry["at"])


def find_flaw(folder: Path, session_id: str, colour: Colour, spec: RenderSpec) -> str | None:
    """Decode a video to its end; return what is wrong with it, or None."""
    video, song = folder / "video" / f"{session_id}.mp4", folder / "audio" / f"{session_id}.mp3"
    try:
        song_s = check_song(song).duration_s
        with av.open(str(video)) as container:
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
            container.seek(0)
            samples = sum(frame.samples for frame in container.decode(audio=0))
            video_s = (container.duration or 0) / av.time_base
            sound_s = samples / container.streams.audio[0].rate
    except (OSError, ValueError) as error:
        return f"does not play: {error}"
    middle = round(spec.layout.spindle_y_px * spec.scale)
    near = slice(middle - 10, middle + 10)
    shown = frames[-1][near, near].mean((0, 1))
    if max(abs(shown - colour)) > 24:
        return f"shows {shown}, not {colour}"
    lengths_s = (video_s, sound_s, len(frames) / spec.fps)
    if max(abs(length_s - song_s) for length_s in lengths_s) > 0.1 + 0.5 / spec.fps:
        return f"lasts {lengths_s} s, its song {song_s} s"
    return None


async def _look_at_files(site: Site, history: History, findings: Findings) -> None:
    rows = dict(await history.ask("SELECT session_id, expired_at IS NOT NULL FROM submissions"))
    orphans = [
        path.name
        for path in site.folder.iterdir()
        if path.name not in FOLDERS | BESIDE_THEM
        and path.suffix != ".log"
        and not path.name.startswith("petsong.sqlite3-")
    ]
    orphans += find_orphans(Folders(*folders_below(site.folder)), rows)
    findings.problems += [f"I5 {name} should not be there" for name in orphans]
    for session_id in findings.succeeded:
        if not (site.folder / "uploads" / f"{session_id}.jpg").is_file():
            findings.problems.append(f"I5 the photo of {session_id} is gone")


def find_orphans(storage: Folders, rows: Mapping[str, bool]) -> list[str]:
    """Return what is in the folders and should not be; `rows` says which songs are deleted.

    An upload without a row is an orphan less than a day old, and a draft may belong to any song
    that is not deleted. A name that retention does not recognise would stay for ever.
    """
    orphans = []
    for path in (path for folder in storage.folders for path in folder.iterdir()):
        owner = storage.find_owner(path)
        if owner is None:
            is_orphan = not storage.is_draft(path)
        else:
            is_orphan = rows.get(owner, path.parent != storage.photos)
        if is_orphan:
            orphans.append(f"{path.parent.name}/{path.name}")
    return orphans


async def _look_for_secrets(
    site: Site, history: History, submitted: Mapping[str, Colour], findings: Findings
) -> None:
    output = await asyncio.to_thread(site.output)
    attempts = dict(await history.ask("SELECT id, session_id FROM generation_attempts"))
    tokens = [post["webhook_url"].rpartition("/")[2] for post in await site.posts()]
    secrets = {
        f"a token of {attempts[_attempt_id(token)]}": token.partition("-")[2]
        for token in tokens
        if attempts.get(_attempt_id(token)) in submitted
    }
    for name, secret in (SECRETS | secrets).items():
        if secret in output:
            findings.problems.append(f"I6 {name} is in the log")


def _attempt_id(token: str) -> int:
    return int(token.partition("-")[0])
