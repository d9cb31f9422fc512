"""The public URL of each file that visitors get: the path below the site's own address.

`web/routes/media.py` serves them.
"""

from typing import Final

from server.storage.names import checked, video_name

MEDIA_PATH: Final = "/storage"


def video_url(session_id: str, video_format: str) -> str:
    """Raises ValueError for an unknown format, like all others here for a malformed id."""
    return f"{MEDIA_PATH}/video/{video_name(session_id, video_format)}.mp4"


def video_download_url(session_id: str, video_format: str) -> str:
    """The video's URL, with which browsers save it under both names."""
    return f"{video_url(session_id, video_format)}?download"


def teaser_url(session_id: str) -> str:
    return f"{MEDIA_PATH}/teaser/{checked(session_id)}.mp4"


def preview_url(session_id: str, video_format: str) -> str:
    return f"{MEDIA_PATH}/preview/{video_name(session_id, video_format)}.mp4"


def poster_url(session_id: str) -> str:
    return f"{MEDIA_PATH}/poster/{checked(session_id)}.jpg"


def card_url(session_id: str) -> str:
    return f"{MEDIA_PATH}/card/{checked(session_id)}.jpg"


def captions_url(session_id: str) -> str:
    return f"{MEDIA_PATH}/captions/{checked(session_id)}.vtt"
