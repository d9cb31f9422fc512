"""The simulated service: accepts orders, bills them, processes them and announces the results.

A status is stored before it is visible, so a restart continues where the last run stopped.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .archive import Archive
from .faults import Fault, Switchboard
from .generation import SHARES, Generation, GenerationRequest, Status
from .ledger import Ledger
from .lyrics import Dedication, add_times, write_lyrics
from .studio import SongJob, Studio, StudioError
from .webhooks import WebhookSender

SONG_COSTS_CREDITS = 100


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the command line; with `song_s` None each song lasts 60 to 90 seconds.

    `song` is an MP3 to deliver for every order; then nothing is composed.
    """

    folder: Path
    delay_s: float = 8.0
    song_s: float | None = None
    song: Path | None = None
    credits: int = 10_000
    key: str | None = None


class SongService:
    """All generations of one folder, and their processing."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.faults = Switchboard()
        self.ledger = Ledger()
        self.archive = Archive(options.folder)
        self.webhooks = WebhookSender(self.faults, self.ledger)
        self._studio = Studio()
        self._endings: dict[str, asyncio.Future[Status]] = {}
        self._ended: dict[str, asyncio.Event] = {}
        self._lives: dict[str, asyncio.Task[None]] = {}

    async def resume(self) -> None:
        """Continue generations that were unfinished or unannounced before a restart."""
        await self._studio.open()
        for generation in self.archive.generations.values():
            if not generation.status.is_final or generation.is_webhook_due:
                self._begin(generation)

    async def close(self) -> None:
        """Stop everything at once; unfinished generations stay so in the archive."""
        lives = list(self._lives.values())
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
        await self._studio.close()
        await self.webhooks.close()

    @property
    def balance(self) -> dict[str, int]:
        """The remaining credits; failed generations are free."""
        if override := self.faults.take(Fault.CREDITS):
            return dict(override.value)
        generations = self.archive.generations.values()
        paid = sum(generation.status is not Status.FAILURE for generation in generations)
        left = max(0, self.options.credits - SONG_COSTS_CREDITS * paid)
        return {"num_credits": left, "num_credits_payg": 0}

    def accept(self, request: GenerationRequest) -> Generation:
        """Accept an order: it is billed, stored and in progress when this returns."""
        dedication = Dedication.parse(request.prompt, request.tags)
        generation = Generation(request=request, lyrics="")
        generation.lyrics = (
            ""
            if request.instrumental
            else request.lyrics or write_lyrics(dedication, generation.seed)
        )
        if timed := self.faults.take(Fault.TIMED_LYRICS):
            generation.lyrics = add_times(generation.lyrics, timed.value)
        if failure := self.faults.take(Fault.GENERATION_FAILS):
            generation.planned_error = failure.value
        generation.is_stuck = self.faults.take(Fault.GENERATION_STUCK) is not None
        self.archive.save(generation)
        self._begin(generation)
        self.ledger.in_flight_peak = max(self.ledger.in_flight_peak, self._count_in_flight())
        return generation

    async def finish(self, task_id: str, status: Status) -> None:
        """End an unfinished generation now, whatever was planned; its webhook follows.

        Raises:
            KeyError: no such generation, or it has already ended.
        """
        ending = self._endings[task_id]
        if not ending.done():
            ending.set_result(status)
        await self._ended[task_id].wait()

    async def wait_until_announced(self, task_id: str) -> None:
        if life := self._lives.get(task_id):
            await asyncio.shield(life)

    def _count_in_flight(self) -> int:
        generations = self.archive.generations.values()
        return sum(not generation.status.is_final for generation in generations)

    def _begin(self, generation: Generation) -> None:
        task_id = generation.task_id
        self._ended[task_id] = asyncio.Event()
        if not generation.status.is_final:
            self._endings[task_id] = asyncio.get_running_loop().create_future()
        life = asyncio.create_task(self._live(generation), name=f"life of {task_id}")
        self._lives[task_id] = life
        life.add_done_callback(lambda _: self._lives.pop(task_id, None))

    async def _live(self, generation: Generation) -> None:
        if not generation.status.is_final:
            await self._work(generation)
        self._ended[generation.task_id].set()
        await self.webhooks.announce_end(generation)
        generation.is_webhook_due = False
        self.archive.save(generation)

    async def _work(self, generation: Generation) -> None:
        recording = asyncio.create_task(self._record(generation))
        try:
            await self.webhooks.announce_falsely(generation)
            outcome = await self._pass_through_states(generation)
            if outcome is Status.SUCCESS and (flaw := await recording):
                generation.planned_error = flaw
                outcome = Status.FAILURE
        finally:
            recording.cancel()
            self._endings.pop(generation.task_id, None)
        if outcome is Status.FAILURE:
            generation.error_message = generation.planned_error or "Generation failed"
        generation.status = outcome
        self.archive.save(generation)

    async def _pass_through_states(self, generation: Generation) -> Status:
        ending = self._endings[generation.task_id]
        for status, share in (*SHARES, (None, 1.0)):
            due = generation.created_at + timedelta(seconds=share * self.options.delay_s)
            left_s = max(0.0, (due - datetime.now(UTC)).total_seconds())
            await asyncio.wait({ending}, timeout=left_s)
            if ending.done():
                return ending.result()
            if status is not None:
                generation.status = status
                self.archive.save(generation)
                await self.webhooks.announce_progress(generation)
            if status is Status.GENERATING and generation.is_stuck:
                return await ending
        return Status.FAILURE if generation.planned_error else Status.SUCCESS

    async def _record(self, generation: Generation) -> str | None:
        """Make the song unless it exists; return the error message, if any."""
        path = self.archive.song(generation.task_id)
        if path.exists():
            return None
        if self.options.song:
            path.symlink_to(self.options.song.resolve())
            return None
        dedication = Dedication.parse(generation.request.prompt, generation.request.tags)
        job = SongJob(
            path=str(path),
            vibe=dedication.vibe,
            seed=generation.seed,
            owner_name=dedication.owner_name,
            pet_name=dedication.pet_name,
            song_s=self.options.song_s,
            bit_rate_kbps=generation.request.output_bit_rate,
        )
        try:
            await self._studio.record(job)
        except StudioError as error:
            return str(error)
        return None

    def describe_ledger(self) -> dict[str, Any]:
        """The ledger as JSON."""
        return self.ledger.as_json(list(self.archive.generations.values()))
