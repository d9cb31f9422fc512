"""Open Graph metadata: what apps show for a link to one of our pages.

Only finished songs are described by name. Unfinished, failed, unknown and deleted ones are shown
like the site itself.
"""

from dataclasses import dataclass, replace

from quart import request

from renderer import RenderSpec
from server import words
from server.web.routes.results import SongResult


@dataclass(frozen=True)
class Teaser:
    """URL of a short video, and its size in pixels."""

    url: str
    width_px: int
    height_px: int


@dataclass(frozen=True)
class Link:
    """The metadata of one page; all URLs are absolute."""

    url: str
    title: str
    description: str
    image: str
    image_alt: str
    teaser: Teaser | None = None

    @property
    def is_secure(self) -> bool:
        return self.url.startswith("https://")


def link_to_site(path: str = "/") -> Link:
    """Metadata for a page without names."""
    return Link(
        url=_absolute(path),
        title=words.SITE_TITLE,
        description=words.SITE_DESCRIPTION,
        image=_absolute("/card.jpg"),
        image_alt=words.SITE_PICTURE,
    )


def link_to_song(song: SongResult, size: RenderSpec) -> Link:
    """Metadata for a finished song; `size` is the size of its teaser."""
    pet_name, owner_name = song.pet_name, song.owner_name
    site = link_to_site(f"/result/{song.session_id}")
    teaser = None
    if song.teaser_url:
        teaser = Teaser(_absolute(song.teaser_url), size.width_px, size.height_px)
    named = replace(
        site,
        title=words.song_title(pet_name, owner_name),
        description=words.song_description(pet_name, owner_name),
        teaser=teaser,
    )
    if song.card_url is None:
        return named
    return replace(named, image=_absolute(song.card_url), image_alt=words.song_picture(pet_name))


def _absolute(path: str) -> str:
    return request.host_url.rstrip("/") + path
