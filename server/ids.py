"""Public identifiers and their format; paths are built only from ids of this format."""

import re

from cuid2 import create_id

SESSION_ID = re.compile(r"[a-z][a-z0-9]{23}")
COOKIE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def new_session_id() -> str:
    """A new unguessable id of 24 characters `[a-z0-9]`, public in URLs."""
    return create_id()


def new_cookie_id() -> str:
    """A new browser id, `cookie_` and 24 characters, by which submissions are counted."""
    return f"cookie_{create_id()}"


def is_session_id(text: str) -> bool:
    """Return whether `text` has the format of a session id."""
    return SESSION_ID.fullmatch(text) is not None
