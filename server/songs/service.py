"""What the site asks of a song service, whichever it is: order, poll, balance, download.

`services.py` opens the one that is used. Failures are the errors of `errors.py`, so that callers
can tell by kind alone whether a second order may pay twice.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Outcome(StrEnum):
    """The result of a generation; unknown statuses mean that it is still under way."""

    UNDER_WAY = "under_way"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"


@dataclass(frozen=True)
class SongOrder:
    """The visitor's wishes for the song."""

    owner_name: str
    pet_name: str
    pet_type: str
    music_vibe: str


@dataclass(frozen=True)
class Generation:
    """A generation as reported by the song service; `song_url` is None if it has no usable one."""

    outcome: Outcome
    song_url: str | None
    lyrics: str
    error_message: str | None
    response: str


def write_prompt(order: SongOrder) -> str:
    """The prompt as worded in the campaign's specification."""
    return (
        "Create a heartfelt Valentine's Day love song celebrating the special bond between "
        f"{order.owner_name} and their beloved {order.pet_type} {order.pet_name}. "
        "Make it warm, genuine, and mention both names in the lyrics."
    )


class SongService(Protocol):
    """A connection to a song service, one per process."""

    async def generate(
        self, order: SongOrder, webhook_url: str, *, are_tags_sent: bool = True
    ) -> str:
        """Order a song and return the generation's task id. This call costs money.

        `are_tags_sent=False` puts the vibe into the prompt: the service may refuse it as a tag.
        Raises NeverReached, Unavailable, Paused or Refused if nothing was bought, and Unanswered if
        that is unknown.
        """

    async def read_generation(self, task_id: str) -> Generation:
        """Return the current state of a generation.

        Raises the same errors as `generate`; an unknown generation is Unavailable (404).
        """

    async def read_credits(self) -> int:
        """Return the balance in credits; may be negative."""

    async def reach(self) -> None:
        """Check with free calls whether the service responds at all.

        Raises NeverReached, Unanswered or Unavailable if it does not, or if something in front of
        it responds instead.
        """

    async def download(self, url: str, draft: Path) -> None:
        """Download the song at `url` to `draft`, completely or with an error.

        Raises SongUnusable, SongHostAway, or OSError if the disk is full.
        """
