"""What apps show instead of a link to one of our pages: words, a picture and a short film.

Who may not be named is not: a song that is unfinished, failed, unknown or deleted is shown as the
site itself is.
"""

from dataclasses import dataclass
from typing import Final

from quart import request

from server.services import Services
from server.submissions.lifecycle import EntryStatus
from server.submissions.model import Submission

SITE_TITLE: Final = "A love song for you and your pet"
SITE_DESCRIPTION: Final = (
    "Two names, one love song: tell us about your pet, add a photo, and get your own record to "
    "watch, keep and send on."
)
SITE_PICTURE: Final = "A record player; the record's label shows a heart."


@dataclass(frozen=True)
class Teaser:
    """The address of a short film and its size in pixels."""

    url: str
    width_px: int
    height_px: int


@dataclass(frozen=True)
class Link:
    """One page as others show it; every address is absolute."""

    url: str
    title: str
    description: str
    image: str
    image_alt: str
    teaser: Teaser | None = None

    @property
    def is_secure(self) -> bool:
        """Say whether its addresses are `https://`."""
        return self.url.startswith("https://")


def link_to_site(path: str = "/") -> Link:
    """Return what a link to a page of ours that names nobody is shown as."""
    return Link(
        url=_absolute(path),
        title=SITE_TITLE,
        description=SITE_DESCRIPTION,
        image=_absolute("/card.jpg"),
        image_alt=SITE_PICTURE,
    )


async def link_to_song(services: Services, submission: Submission) -> Link | None:
    """Return what a link to a finished song is shown as; None where there is no such song."""
    is_kept = submission.expired_at is None
    if submission.entry_status != EntryStatus.SUCCESS or not is_kept:
        return None
    session_id, storage = submission.session_id, services.storage
    card, teaser = storage.card(session_id), storage.teaser(session_id)
    found = await storage.find([card, teaser])
    spec = services.settings.films[services.settings.main_format]
    pet_name, owner_name = submission.pet_name, submission.owner_name
    site = link_to_site()
    return Link(
        url=_absolute(f"/result/{session_id}"),
        title=f"A love song for {pet_name} and {owner_name}",
        description=f"{pet_name} and {owner_name} have a love song of their own, on a record that "
        f"wears {pet_name}’s photo. Press play.",
        image=_absolute(f"/storage/card/{session_id}.jpg") if card in found else site.image,
        image_alt=f"A record with a photo of {pet_name} on its label."
        if card in found
        else site.image_alt,
        teaser=Teaser(_absolute(f"/storage/teaser/{session_id}.mp4"), spec.width_px, spec.height_px)
        if teaser in found
        else None,
    )


def _absolute(path: str) -> str:
    return request.host_url.rstrip("/") + path
